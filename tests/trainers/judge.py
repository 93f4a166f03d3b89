"""Trainers' own loaders judge what the app exports.

    node tests/trainers/export.ts FOLDER
    python tests/trainers/judge.py FOLDER

A judge whose package is not installed is skipped by name:
    pip install pycocotools PyYAML pillow supervision datumaro datasets labelformat ultralytics torchvision labelme
"""

import csv
import importlib
import json
import sys
from pathlib import Path

ROOT = Path(sys.argv[1])
# By split: images, of which every second one is empty. Each other image has 7 objects, 6 of them without the pose.
IMAGES = {"train": 4, "val": 2, "test": 2}
results = []


def judge(name, *packages):
    def run(check):
        try:
            for package in packages:
                importlib.import_module(package)
        except ImportError as error:
            results.append(("skipped", name, str(error)))
            return
        try:
            results.append(("ok", name, check() or ""))
        except Exception as error:  # every refusal of a loader is a result
            results.append(("FAILED", name, f"{type(error).__name__}: {error}"))

    return run


def expect(found, wanted, what):
    assert found == wanted, f"{what}: {found!r}, and not {wanted!r}"


@judge("COCO, pycocotools", "pycocotools")
def coco_api():
    from pycocotools import mask
    from pycocotools.coco import COCO

    said = []
    for split, count in IMAGES.items():
        coco = COCO(str(ROOT / f"coco/annotations/instances_{split}.json"))
        expect(len(coco.imgs), count, "images")
        expect(len(coco.anns), count // 2 * 6, "objects")
        for annotation in coco.anns.values():
            if annotation["segmentation"]:
                area = int(mask.area(coco.annToRLE(annotation)))
                # The box reaches over the border: its mask is cut there.
                inside = annotation["bbox"][0] + annotation["bbox"][2] <= 320
                assert not inside or abs(area - annotation["area"]) < 30, (area, annotation["area"])
        for image in coco.imgs.values():
            assert (ROOT / "coco/images" / image["file_name"]).is_file(), image["file_name"]
        (person,) = coco.loadCats(coco.getCatIds(catNms=["person"]))
        expect(person["keypoints"], ["left_hand", "right_hand", "head"], "keypoints")
        said.append(f"{split} {len(coco.anns)}")
    return ", ".join(said)


@judge("COCO, its own evaluation", "pycocotools")
def coco_evaluation():
    import copy

    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    # Masks are not evaluated: pycocotools refuses a truth in which a box has no mask.
    truth = COCO(str(ROOT / "coco/annotations/instances_train.json"))
    found = [{**copy.deepcopy(one), "score": 1.0} for one in truth.anns.values()]
    evaluation = COCOeval(truth, truth.loadRes(found), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    expect(round(float(evaluation.stats[0]), 3), 1.0, "AP of the labels against themselves")


def yolo_yaml(kind):
    import yaml

    path = ROOT / kind / "data.yaml"
    data = yaml.safe_load(path.read_text())
    expect(list(data["names"]), list(range(len(data["names"]))), "numbers of the classes")
    for split in IMAGES:
        folder = Path(data["path"]) / data[split]
        assert folder.is_dir(), folder
        pictures = sorted(folder.rglob("*.png"))
        expect(len(pictures), IMAGES[split], f"images of {split}")
        for picture in pictures:
            labels = Path(str(picture).replace("/images/", "/labels/", 1)).with_suffix(".txt")
            # Ultralytics: the last /images/ becomes /labels/.
            assert labels.is_file(), labels
            for line in labels.read_text().splitlines():
                number, *values = line.split()
                assert int(number) in data["names"], line
                assert all(0 <= float(value) <= 2 for value in values), line
                if kind != "yolo_pose":
                    assert all(0 <= float(value) <= 1 for value in values), line
    return data["names"]


@judge("YOLO, PyYAML and the layout", "yaml")
def yolo_layout():
    for kind in ("yolo", "yolo_seg", "yolo_obb"):
        names = yolo_yaml(kind)
        expect(names[1], "no", "the class that YAML 1.1 reads as false")
    yolo_yaml("yolo_pose")


@judge("YOLO, ultralytics", "ultralytics")
def yolo_ultralytics():
    from ultralytics.data.dataset import YOLODataset
    from ultralytics.data.utils import check_det_dataset

    for kind, task in (("yolo", "detect"), ("yolo_seg", "segment"), ("yolo_obb", "obb"), ("yolo_pose", "pose")):
        data = check_det_dataset(str(ROOT / kind / "data.yaml"))
        for split in IMAGES:
            dataset = YOLODataset(img_path=data[split], data=data, task=task, augment=False)
            expect(len(dataset), IMAGES[split], f"{kind}, images of {split}")


@judge("YOLO, supervision", "supervision")
def yolo_supervision():
    import supervision as sv

    for split, count in IMAGES.items():
        base = ROOT / "yolo"
        dataset = sv.DetectionDataset.from_yolo(
            images_directory_path=str(base / "images" / split),
            annotations_directory_path=str(base / "labels" / split),
            data_yaml_path=str(base / "data.yaml"),
        )
        expect(len(dataset), count, f"images of {split}")
        expect(sum(len(one) for one in dataset.annotations.values()), count // 2 * 6, "objects")
    return f"classes {dataset.classes}"


@judge("COCO, supervision", "supervision")
def coco_supervision():
    import supervision as sv

    dataset = sv.DetectionDataset.from_coco(
        images_directory_path=str(ROOT / "coco/images"),
        annotations_path=str(ROOT / "coco/annotations/instances_train.json"),
    )
    expect(len(dataset), 4, "images")


@judge("Pascal VOC, supervision", "supervision")
def voc_supervision():
    import supervision as sv

    for split, count in IMAGES.items():
        dataset = sv.DetectionDataset.from_pascal_voc(
            images_directory_path=str(ROOT / "pascal_voc/JPEGImages" / split),
            annotations_directory_path=str(ROOT / "pascal_voc/Annotations" / split),
        )
        expect(len(dataset), count, f"images of {split}")
        expect(sum(len(one) for one in dataset.annotations.values()), count // 2 * 6, "objects")


@judge("Pascal VOC, torchvision", "torchvision")
def voc_torchvision():
    from torchvision.datasets.voc import VOCDetection

    class Ours(VOCDetection):
        def __init__(self, root, split):
            # By line, as VOCDetection does: names contain spaces.
            lines = (root / "ImageSets/Main" / f"{split}.txt").read_text().splitlines()
            self.images = [str(root / "JPEGImages" / f"{name}.png") for name in lines]
            self.targets = [str(root / "Annotations" / f"{name}.xml") for name in lines]
            self.transforms = None

    for split, count in IMAGES.items():
        expect(len([one for one in Ours(ROOT / "pascal_voc", split)]), count, split)


def datumaro_counts(folder, form, objects):
    from datumaro.components.dataset import Dataset

    dataset = Dataset.import_from(str(ROOT / folder), form)
    expect(len(dataset), sum(IMAGES.values()), "images")
    found = sum(1 for item in dataset for one in item.annotations if one.type.name != "label")
    expect(found, objects, "annotations")
    return f"{found} annotations, {sorted(dataset.subsets())}"


@judge("Datumaro", "datumaro")
def datumaro_own():
    from datumaro.components.dataset import Dataset

    dataset = Dataset.import_from(str(ROOT / "datumaro"), "datumaro")
    expect(len(dataset), 8, "images")
    return f"{sum(len(item.annotations) for item in dataset)} annotations, {sorted(dataset.subsets())}"


@judge("COCO, datumaro", "datumaro")
def datumaro_coco():
    from datumaro.components.dataset import Dataset

    dataset = Dataset.import_from(str(ROOT / "coco"), "coco_instances")
    return f"{len(dataset)} images, {sum(len(item.annotations) for item in dataset)} annotations"


@judge("CVAT for images, datumaro", "datumaro")
def datumaro_cvat():
    from datumaro.components.dataset import Dataset

    import re
    import shutil

    # Datumaro reads a subset only from a file of its name; CVAT itself writes one file for all.
    copy = ROOT / "cvat-without-subsets"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(ROOT / "cvat", copy)
    file = copy / "annotations.xml"
    file.write_text(re.sub(r' subset="[^"]*"', "", file.read_text()))
    dataset = Dataset.import_from(str(copy), "cvat")
    expect(len(dataset), 8, "images")
    return f"{sum(len(item.annotations) for item in dataset)} annotations"


@judge("Pascal VOC, datumaro", "datumaro")
def datumaro_voc():
    return datumaro_counts("pascal_voc", "voc_detection", 24)


@judge("Open Images, datumaro", "datumaro")
def datumaro_open_images():
    return datumaro_counts("open_images", "open_images", 24)


@judge("COCO panoptic, datumaro", "datumaro")
def datumaro_panoptic():
    return datumaro_counts("coco_panoptic", "coco_panoptic", 24)


@judge("PNG masks, datumaro", "datumaro")
def datumaro_masks():
    return datumaro_counts("png_masks", "voc_segmentation", 24)


@judge("MOT, datumaro", "datumaro")
def datumaro_mot():
    from datumaro.components.dataset import Dataset

    dataset = Dataset.import_from(str(ROOT / "mot/train/sequence"), "mot_seq")
    return f"{len(dataset)} images, {sum(len(item.annotations) for item in dataset)} annotations"


@judge("Hugging Face image folder, datasets", "datasets")
def hugging_face():
    from datasets import load_dataset

    dataset = load_dataset("imagefolder", data_dir=str(ROOT / "hugging_face"))
    expect({name: len(rows) for name, rows in dataset.items()}, {"train": 4, "validation": 2, "test": 2}, "rows")
    boxes = sum(len(row["objects"]["bbox"]) for rows in dataset.values() for row in rows)
    expect(boxes, 24, "boxes")


@judge("Labelbox, labelformat", "labelformat")
def labelbox():
    from labelformat.formats.labelbox import FilenameKeyOption, LabelboxObjectDetectionInput

    labels = LabelboxObjectDetectionInput(
        input_file=ROOT / "labelbox/labelbox.ndjson",
        category_names="car,no,stop sign,person",
        filename_key=FilenameKeyOption.ID,
    )
    found = [len(one.objects) for one in labels.get_labels()]
    # It reads boxes alone: car, no, and the person's.
    expect(sorted(found), [0, 0, 0, 0, 3, 3, 3, 3], "boxes of each image")


@judge("labelme, its own reader", "labelme")
def labelme_own():
    import labelme

    files = sorted((ROOT / "labelme").rglob("*.json"))
    expect(len(files), 8, "files")
    reader = getattr(labelme, "LabelFile", None)
    if reader is None:
        from labelme._label_file import LabelFile as reader
    return f"{sum(len(reader(str(file)).shapes) for file in files)} shapes"


@judge("Roboflow / TensorFlow CSV, csv")
def tensorflow_csv():
    for folder, split in (("train", "train"), ("valid", "val"), ("test", "test")):
        path = ROOT / "tensorflow_csv" / folder / "_annotations.csv"
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        expect(len(rows), IMAGES[split] // 2 * 6, split)
        for row in rows:
            assert (path.parent / row["filename"]).is_file(), row["filename"]


@judge("Label Studio, the shape of its tasks")
def label_studio():
    tasks = json.loads((ROOT / "label_studio/label-studio.json").read_text())
    expect(len(tasks), 8, "tasks")
    for task in tasks:
        for one in task["annotations"]:
            for result in one["result"]:
                assert {"id", "from_name", "to_name", "type", "value"} <= set(result), result


for state, name, said in results:
    print(f"{state:8}{name}{': ' if said else ''}{said}")
sys.exit(1 if any(state == "FAILED" for state, _, _ in results) else 0)
