"""Frames of a video."""

from pictograph import Client
from pictograph.exceptions import ApiError, NotFoundError

from ..setting import Setting, clip, refused


def judge(setting: Setting, service: Client) -> None:
    made, _ = setting.dataset(service, pictures=0)
    file = setting.path("clip.mp4")
    file.write_bytes(clip(seconds=3, fps=10))
    sent = service.video.upload(file)
    told = service.video.probe(sent.gcs_path)
    assert (told.width, told.height, told.duration_seconds) == (64, 64, 3)
    assert (told.frame_count, told.native_fps) == (30, 10)
    begun = service.video.extract_frames(
        made.name, sent.gcs_path, directory_name="clip", sample_fps=2, wait=False
    )
    assert begun.status == "processing"
    assert begun.total_frames == 6
    done = service.video.wait_for_extraction(begun.job_id, poll_interval=0.05)
    assert (done.frames_extracted, done.directory_path) == (6, "/clip")
    assert service.video.get_extraction(begun.job_id).status == "complete"
    listed = [item.id for item in service.images.iter(made.name, directory_path="/clip")]
    assert sorted(listed) == sorted(done.image_ids)
    file.write_bytes(b"no video")
    other = service.video.upload(file)
    refused(ApiError, lambda: service.video.probe(other.gcs_path), status_code=422)
    refused(NotFoundError, lambda: service.video.probe("video-uploads/nothing"))
