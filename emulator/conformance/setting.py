"""What the areas share: keys, pictures, names, and checks in words."""

import itertools
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from pictograph import Client
from pictograph.models.annotation import (
    BBoxAnnotation,
    KeypointAnnotation,
    PolygonAnnotation,
    PolylineAnnotation,
)

CLASSES = [
    {"name": "thing", "type": "bbox", "color": "#e6194b"},
    {"name": "shape", "type": "polygon", "color": "#3cb44b"},
    {"name": "lane", "type": "polyline"},
    {
        "name": "person",
        "type": "keypoint",
        "skeleton": {"nodes": [{"name": "nose"}, {"name": "hand"}], "edges": [[0, 1]]},
    },
]


@dataclass
class Setting:
    url: str
    strict_url: str
    folder: Path
    _numbers: Any = field(default_factory=itertools.count)

    def client(self, role: str = "admin", url: str | None = None) -> Client:
        return Client(api_key=f"pk_live_{role}", base_url=url or self.url, max_retries=0)

    def name(self, what: str) -> str:
        return f"{what} {next(self._numbers)}"

    def path(self, name: str) -> Path:
        """Of a new folder each time."""
        folder = self.folder / f"work-{next(self._numbers)}"
        folder.mkdir(parents=True)
        return folder / name

    def picture(self, name: str = "photo.png", colour: str = "red", side: int = 128) -> Path:
        file = self.path(name)
        Image.new("RGB", (side, side), colour).save(file)
        return file

    def dataset(self, service: Client, pictures: int = 3) -> tuple[Any, list[Any]]:
        """A dataset of its own with pictures in its root."""
        made = service.datasets.create(
            self.name("set"), annotation_types=["bbox", "polygon"], classes=CLASSES
        )
        colours = ["red", "green", "blue", "yellow", "purple", "orange"]
        images = [
            service.images.upload(made.name, self.picture(f"{colours[i]}.png", colours[i]))
            for i in range(pictures)
        ]
        return made, images


def box(name: str = "thing", **more: Any) -> BBoxAnnotation:
    bounding_box = {"x": 5, "y": 5, "w": 20, "h": 20}
    return BBoxAnnotation.model_validate({"name": name, "bounding_box": bounding_box, **more})


def shapes() -> list[Any]:
    """One annotation of each type."""
    ring = [{"x": 1, "y": 1}, {"x": 60, "y": 1}, {"x": 60, "y": 50}]
    hole = [{"x": 40, "y": 10}, {"x": 50, "y": 10}, {"x": 50, "y": 20}]
    rotated = {"cx": 40, "cy": 40, "w": 20, "h": 10, "angle": 90}
    return [
        box(),
        box(oriented_box=rotated),
        PolygonAnnotation.model_validate({"name": "shape", "polygon": {"paths": [ring, hole]}}),
        PolylineAnnotation.model_validate({"name": "lane", "polyline": {"path": ring}}),
        KeypointAnnotation.model_validate(
            {"name": "nose", "keypoint": {"x": 3, "y": 3}, "instance_id": 1}
        ),
    ]


def refused(kind: type[Exception], call: Callable[[], Any], **expected: Any) -> Exception:
    """The error that a call ends with, which must be of a kind, with some attributes."""
    try:
        call()
    except kind as error:
        for name, value in expected.items():
            assert getattr(error, name) == value, f"{name}: {getattr(error, name)!r}"
        return error
    raise AssertionError(f"{kind.__name__} was expected")


def until(look: Callable[[], Any], is_done: Callable[[Any], bool]) -> Any:
    """Asks until an answer is the one; a service that never gives it ends in an error."""
    for _ in range(2_000):
        answer = look()
        if is_done(answer):
            return answer
    raise AssertionError(f"it did not end: {answer!r}")


def texts(archive: Path) -> dict[str, str]:
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name).decode("latin-1") for name in opened.namelist()}


def clip(seconds: int = 3, fps: int = 10, side: int = 64) -> bytes:
    """The headers of a video in MP4, without its pictures."""

    def part(name: bytes, *content: bytes) -> bytes:
        data = b"".join(content)
        return struct.pack(">I4s", len(data) + 8, name) + data

    def words(*values: int) -> bytes:
        return struct.pack(f">{len(values)}I", *values)

    media = part(
        b"mdia",
        part(b"mdhd", words(0, 0, 0, 600, 600 * seconds)),
        part(b"hdlr", words(0, 0), b"vide", words(0, 0, 0)),
        part(b"minf", part(b"stbl", part(b"stts", words(0, 1, seconds * fps, 600 // fps)))),
    )
    track = part(b"trak", part(b"tkhd", bytes(76), words(side << 16, side << 16)), media)
    head = part(b"mvhd", words(0, 0, 0, 1000, 1000 * seconds))
    return part(b"ftyp", b"isom") + part(b"moov", head, track)
