"""A dataset's directories."""

from pictograph import Client
from pictograph.exceptions import ApiError, ConflictError, NotFoundError

from ..setting import Setting, refused


def judge(setting: Setting, service: Client) -> None:
    made, images = setting.dataset(service)
    name = made.name
    first = service.directories.create(name, "/a/b")
    assert first.full_path == "/a/b"
    assert service.directories.create(name, "a/b/").id == first.id
    service.batch.move(name, [images[0].id], target_directory_path="/a/b/c")
    assert [item.full_path for item in service.directories.list(name)] == ["/a", "/a/b", "/a/b/c"]
    assert [item.full_path for item in service.directories.list(name, parent_path="")] == ["/a"]
    children = service.directories.list(name, parent_path="/a")
    assert [item.id for item in children] == [first.id]
    assert children[0].nested_image_count == 1
    tree = service.directories.tree(name)
    assert tree[0].children[0].children[0].image_count == 1
    stats = service.directories.stats(name, "/a")
    assert (stats.total_directories, stats.total_images) == (3, 1)
    alone = service.directories.stats(name, "/a", include_subdirectories=False)
    assert alone.total_images == 0

    service.directories.create(name, "/z")
    refused(ConflictError, lambda: service.directories.rename(name, "/a", "z"))
    renamed = service.directories.rename(name, "/a/b", "d")
    assert (renamed.id, renamed.full_path) == (first.id, "/a/d")
    assert service.images.get(name, images[0].id).directory_path == "/a/d/c"

    refused(ApiError, lambda: service.directories.delete(name, "/a", cascade=True), status_code=400)
    refused(ApiError, lambda: service.directories.delete(name, "/a/d/c"), status_code=400)
    service.directories.delete(name, "/a/d/c", cascade=True)
    assert service.images.get(name, images[0].id).directory_path == "/a/d"
    refused(NotFoundError, lambda: service.directories.delete(name, "/a/d/c"))
