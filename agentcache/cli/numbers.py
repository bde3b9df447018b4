"""Numbers on the command line."""

import math

import click


class FiniteRange(click.FloatRange):
    """As `click.FloatRange`, without nan, which is in every range since it compares with none."""

    def convert(
        self, value: float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number; a usage error where there is none."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is no finite number", param, ctx)
        return number
