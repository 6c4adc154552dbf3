"""Opening a file of picture or sound: only local files, only known containers, typed errors."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream

from foleyd.media.errors import MediaMissing, MediaUnreadable, NoPicture
from foleyd.media.sample_tables import claims_too_much

_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,avi,mxf,flv,asf,ogg,nut,ivf,gif,apng,dv,gxf,"
    "yuv4mpegpipe,png_pipe,jpeg_pipe,webp_pipe,tiff_pipe,bmp_pipe,"
    "exr_pipe,dpx_pipe,wav,w64,mp3,flac,aac,aiff,caf,ac3,eac3,au"
)
"""Demuxers that may look at a file. Playlists (hls, concat, dash), which open other files and the
network, text drawn as picture (tty), and bare streams, which hold no times, are left out."""

_NOT_MOVING = Disposition.attached_pic | Disposition.timed_thumbnails


def open_media(path: Path) -> InputContainer:
    """Opens PATH for reading; the caller closes it.

    Raises MediaMissing when nothing is there, MediaUnreadable for what is no regular file, may not be
    read, is empty, or is in no container known here.
    """
    require_file(path)
    if _is_absurd(path):
        raise MediaUnreadable(
            f"{path} is damaged (its header counts more frames than it can hold): copy it again",
            path,
        )
    options = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}
    try:
        return av.open(f"file:{path.absolute()}", "r", options=options, metadata_errors="replace")
    except PermissionError as error:
        raise _not_allowed(path) from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        require_file(path)  # it may have gone since
        raise MediaUnreadable(
            f"{path} is not a video or sound file that can be read: it is damaged, incomplete or of another"
            " kind; copy it again from its source or export it anew",
            path,
        ) from error


def _is_absurd(path: Path) -> bool:
    try:
        return claims_too_much(path)
    except OSError:  # whoever opens it next says why
        return False


def require_file(path: Path) -> os.stat_result:
    """The facts of the regular, readable, non-empty file at PATH; raises as :func:`open_media`."""
    try:
        facts = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MediaMissing(
            f"{path} is not there: reconnect its drive, relink the clip or correct the path", path
        ) from error
    except PermissionError as error:
        raise _not_allowed(path) from error
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "no file can have this name"
        raise MediaUnreadable(
            f"{str(path)[:300]} cannot be opened ({why}): correct the path", path
        ) from error
    if not stat.S_ISREG(facts.st_mode):
        raise MediaUnreadable(f"{path} is not a file: name the media file itself", path)
    if not os.access(path, os.R_OK):
        raise _not_allowed(path)
    if facts.st_size == 0:
        raise MediaUnreadable(f"{path} is empty: copy or export it again", path)
    return facts


def picture_stream(container: InputContainer, path: Path) -> VideoStream:
    """The moving picture of CONTAINER: the default one, else the largest; never cover art.

    Raises NoPicture when there is none, MediaUnreadable when no decoder for it is installed.
    """
    moving = [stream for stream in container.streams.video if not stream.disposition & _NOT_MOVING]
    if not moving:
        raise NoPicture(f"{path} has no picture, only sound: choose a video", path)
    readable = [stream for stream in moving if stream.codec_context is not None]
    if not readable:
        raise MediaUnreadable(
            f"{path} has a picture in a codec that cannot be decoded here:"
            " transcode it (to ProRes, DNxHR or H.264, say)",
            path,
        )
    return max(readable, key=_prominence)


def packets(container: InputContainer, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
    """STREAM's packets from where CONTAINER stands, an empty one at the end.

    Streams that appear on the way, as in transport streams, are passed over. PyAV (16.0 to 18.1) asks
    after STREAM's last packet whether to flush those as well, in memory that it never set, and raises
    IndexError where that says yes.
    """
    with contextlib.suppress(IndexError):
        yield from container.demux(stream)


def _prominence(stream: VideoStream) -> tuple[bool, int]:
    return bool(stream.disposition & Disposition.default), stream.width * stream.height


def _not_allowed(path: Path) -> MediaUnreadable:
    return MediaUnreadable(f"{path} may not be read: give yourself permission to read it", path)
