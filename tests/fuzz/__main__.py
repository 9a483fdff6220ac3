"""`python -m fuzz`, with `tests` on the path; `make fuzz` sees to that."""

import sys

from fuzz.run import main

sys.exit(main())
