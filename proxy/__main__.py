"""``python -m proxy``: one proxy worker. Started by the supervisor; of no use by hand."""

import sys

from proxy.worker import main

sys.exit(main())
