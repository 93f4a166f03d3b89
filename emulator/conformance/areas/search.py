"""Images by what they look like."""

from pictograph import Client
from pictograph.exceptions import ApiError

from ..setting import Setting, refused


def judge(setting: Setting, service: Client) -> None:
    made, images = setting.dataset(service)
    twin = service.images.upload(made.name, setting.picture("twin.png", "red"))
    found = service.search.by_similarity(made.name, images[0].id, threshold=0.0)
    assert found[0].id == twin.id
    assert images[0].id not in [item.id for item in found]
    assert [item.similarity for item in found] == sorted(
        (item.similarity for item in found), reverse=True
    )
    assert len(service.search.by_similarity(made.name, "red.png", threshold=0.0, limit=1)) == 1
    assert service.search.by_similarity(
        made.name, images[0].id, directory_path="/nowhere", threshold=0.0
    ) == []
    tagged = service.search.by_tag(
        objects=["car", "street"], scenes=["outdoor"], attributes=["daylight"],
        dataset_name="street scenes", limit=5,
    )
    assert len(tagged) == 4
    assert tagged[0].image_auto_tags["objects"] == ["car", "street"]
    assert len(service.search.by_tag(objects=["person"], limit=500, offset=10)) == 500
    assert service.search.by_tag(objects=["unicorn"]) == []
    refused(ApiError, lambda: service.search.by_similarity(made.name, images[0].id, threshold=3))


def duplicates(setting: Setting, service: Client) -> None:
    made, _ = setting.dataset(service)
    for index in range(2):
        service.images.upload(made.name, setting.picture(f"twin {index}.png", "red"))
    found = service.datasets.near_duplicates(made.name)
    assert (found.group_count, found.duplicate_image_count, found.redundant_count) == (1, 3, 2)
    assert {item.filename for item in found.groups[0].members} == {
        "red.png", "twin 0.png", "twin 1.png",
    }
    bounded = service.datasets.near_duplicates(
        dataset_id=made.id, threshold=0.99, sample=2, neighbors=1, max_pairs=1, directory_path="/"
    )
    assert bounded.sample_capped
    assert bounded.analyzed == 2
