"""Stands in for diffusers.utils."""
from .standin import note


def export_to_video(video_frames, output_video_path=None, fps=10):
    note("export_to_video", frames=len(video_frames), fps=fps)
    with open(output_video_path, "wb") as film:
        film.write(b"\x00\x00\x00\x18ftypisom" + bytes([len(video_frames), fps]) + video_frames[0].tobytes()[:64])
    return output_video_path
