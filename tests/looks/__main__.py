"""`python -m looks`, with `tests` on the path; `make screenshots` sees to that."""

import sys

from looks.run import main

sys.exit(main())
