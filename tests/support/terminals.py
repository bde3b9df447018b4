"""What a program shows on a terminal of its own."""

import os


def shown_by(child: int, descriptor: int) -> tuple[int, bytes]:
    """The exit code of the process `child` and what it still shows on the terminal `descriptor`."""
    shown = b""
    try:
        while chunk := os.read(descriptor, 1024):
            shown += chunk
    except OSError:
        pass  # the terminal is gone with its last program
    _, status = os.waitpid(child, 0)
    os.close(descriptor)
    return os.waitstatus_to_exitcode(status), shown
