"""`python -m kerasport.parity.formats`."""

import sys

from kerasport.parity.formats.compare import main

sys.exit(main())
