"""Judges a local service by the published Python SDK: each area, each answer read by the SDK's own models.

Usage: python -m conformance URL STRICT_URL FOLDER. STRICT_URL is a service that refuses unknown classes. Exits with 1
where an area fails, where the SDK warns, or where an answer lacks a field that the SDK's model has.
"""

import sys
import traceback
from pathlib import Path

from . import judge
from .areas import AREAS
from .setting import Setting


def main() -> int:
    setting = Setting(url=sys.argv[1], strict_url=sys.argv[2], folder=Path(sys.argv[3]))
    with judge.watching() as watch:
        for name, area in AREAS:
            watch.begin(name)
            try:
                with setting.client() as service:
                    area(setting, service)
            except Exception:
                watch.complain(traceback.format_exc().rstrip())
            print(watch.end(), flush=True)
    for complaint in watch.complaints:
        print(f"\n{complaint}", flush=True)
    uncalled = watch.uncalled()
    if uncalled:
        print(f"\nNot called: {', '.join(uncalled)}", flush=True)
    print(f"\n{watch.total()}", flush=True)
    return 1 if watch.complaints or uncalled else 0


sys.exit(main())
