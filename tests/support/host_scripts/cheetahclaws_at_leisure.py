"""cheetahclaws for a user who takes more than half a minute between two turns.

It looks at git again only after 30 seconds; here it does so at every turn, without the wait.
"""

import sys

from cheetahclaws import context
from cheetahclaws.cli import main

context._GIT_CACHE_TTL = 0.0

if __name__ == "__main__":
    sys.exit(main())
