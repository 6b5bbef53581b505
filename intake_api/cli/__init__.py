"""The command ``huying``: 0 done, 1 it failed, 2 wrong usage.

    main(arguments=None)           the entry point; never shows a traceback, exits
    run(arguments) -> int          the same without leaving the process, for tests

Whatever goes wrong becomes one plain sentence on stderr. Heavy packages are imported by the
commands that need them, when they run.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from intake_api.cli.application import build_application
from intake_api.cli.failures import failure_sentence, usage_sentence

DONE, FAILED, WRONG_USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and leave with the exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command."""
    try:
        application = build_application(arguments[0] if arguments else None)
        result = application(args=list(arguments), prog_name="huying", standalone_mode=False)
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:
        return DONE  # `huying … | head`
    except Exception as error:
        usage = usage_sentence(error)
        print(usage or failure_sentence(error), file=sys.stderr)
        return WRONG_USAGE if usage else FAILED
    return result if isinstance(result, int) else DONE
