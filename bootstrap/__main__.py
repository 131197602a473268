"""`python3 -m bootstrap VERB [--stack NAME]`; without a verb, the list of verbs."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  read by the Python that the machine has
    sys.exit(
        "Python 3.11 or newer is needed, this is %d.%d. Name another one: make PYTHON=python3.12"
        % sys.version_info[:2]
    )

from bootstrap.verbs import main

sys.exit(main(sys.argv[1:]))
