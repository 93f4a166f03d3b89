"""Watches what the SDK is asked, what it reads of the answers, and what it complains about."""

import contextlib
import functools
import gc
import logging
import sys
import threading
import types
import warnings
from collections.abc import Iterator
from typing import Any

from pictograph import Client
from pictograph.resources import _base

# What an answer may leave out, by the service's contract: SDK model and field.
MAY_LACK = {
    ("Dataset", "images"),
    ("PromptResult", "score"),
    ("BatchResult", "operation"),
    ("CopyToDatasetResult", "operation"),
    # What lists say, and what is said of one that was just made.
    ("Directory", "organization_id"),
    ("Directory", "nested_image_count"),
    ("Directory", "created_by"),
    ("Directory", "updated_at"),
    # Older names of fields, and whole dollars.
    ("CreditBalance", "credits_remaining"),
    ("CreditBalance", "credits_monthly_allowance"),
    ("CreditEstimate", "credits_per_unit"),
    ("CreditEstimate", "total_credits"),
    ("CreditEstimate", "minimum"),
    ("CreditEstimate", "credits_remaining"),
    # A price is said when a job begins.
    ("BatchJob", "estimated_credits"),
    # A list row carries no card.
    ("PublicDataset", "readme"),
    # Another service's version of a dataset.
    ("RemoteDataset", "version"),
    # The SDK itself makes the first state of an import.
    ("ImportJob", "total_images"),
}

# What the service's contract for a desktop app leaves out: evaluation, serving and administration.
OUTSIDE = {
    "deployments",
    "model_evaluations",
    "tools",
    "webhooks",
    "workflows",
}
OUTSIDE_METHODS = {
    "annotations.import_coco",
    "annotations.import_pascal_voc",
    "annotations.import_yolo",
    "auto_annotate.dataset",
    "datasets.as_pytorch",
    "explore.iter_models",
    "explore.models",
    "models.bulk_delete",
    "models.get_local_path",
    "organizations.remove_member",
    "organizations.update_member_role",
}


class Watch:
    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.called: set[str] = set()
        self.methods: set[str] = set()
        self._lock = threading.Lock()
        self._area = ""
        self._before = 0
        self._in_area: set[str] = set()
        self._answers = 0
        self._areas = 0
        self._all_answers = 0

    def begin(self, area: str) -> None:
        self._area, self._before = area, len(self.complaints)
        self._in_area, self._answers = set(), 0

    def end(self) -> str:
        # What was left open is noticed when it is cleared away.
        gc.collect()
        self._areas += 1
        self._all_answers += self._answers
        failures = len(self.complaints) - self._before
        word = "ok" if failures == 0 else f"FAILED ({failures})"
        return f"{word:12} {self._area:16} {len(self._in_area):3} calls {self._answers:5} answers"

    def total(self) -> str:
        word = "complaint" if len(self.complaints) == 1 else "complaints"
        return (
            f"{self._areas} areas, {len(self.called)} methods of the SDK, "
            f"{self._all_answers} answers, {len(self.complaints)} {word}"
        )

    def complain(self, text: str) -> None:
        with self._lock:
            line = f"[{self._area}] {text}"
            if line not in self.complaints:
                self.complaints.append(line)

    def answered(self, model: Any, data: Any) -> None:
        self._answers += 1
        if not isinstance(data, dict):
            return
        for name, field in model.model_fields.items():
            alias = field.validation_alias
            names = {name, *(map(str, getattr(alias, "choices", [])) if alias else [])}
            if not names & data.keys() and (model.__name__, name) not in MAY_LACK:
                self.complain(f"an answer lacks {model.__name__}.{name}")

    def called_method(self, name: str) -> None:
        self.called.add(name)
        self._in_area.add(name)

    def uncalled(self) -> list[str]:
        return sorted(self.methods - self.called)


def _watch_methods(watch: Watch) -> None:
    with Client(api_key="pk_live_nobody", base_url="http://127.0.0.1:1") as client:
        resources = {
            name: type(getattr(client, name))
            for name in dir(client)
            if not name.startswith("_")
            and issubclass(type(getattr(client, name)), _base.Resource)
        }
    for resource, kind in resources.items():
        if resource in OUTSIDE:
            continue
        for name, function in list(vars(kind).items()):
            label = f"{resource}.{name}"
            if name.startswith("_") or not isinstance(function, types.FunctionType):
                continue
            if label in OUTSIDE_METHODS:
                continue
            watch.methods.add(label)

            def wrapper(
                *args: Any, _function: Any = function, _label: str = label, **kwargs: Any
            ) -> Any:
                watch.called_method(_label)
                return _function(*args, **kwargs)

            setattr(kind, name, functools.wraps(function)(wrapper))


class _Handler(logging.Handler):
    def __init__(self, watch: Watch) -> None:
        super().__init__(logging.WARNING)
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        self._watch.complain(f"the SDK logs: {record.getMessage()}")


@contextlib.contextmanager
def watching() -> Iterator[Watch]:
    watch = Watch()
    _watch_methods(watch)
    parse = _base.parse_model

    def reading(model: Any, data: Any) -> Any:
        watch.answered(model, data)
        return parse(model, data)

    _base.parse_model = reading
    logging.getLogger("pictograph").addHandler(_Handler(watch))
    sys.unraisablehook = lambda what: watch.complain(f"unraisable: {what.exc_value!r}")
    threading.excepthook = lambda what: watch.complain(f"a thread: {what.exc_value!r}")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, category, *_: watch.complain(
            f"{category.__name__}: {message}"
        )
        yield watch
