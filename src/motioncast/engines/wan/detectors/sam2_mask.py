"""The performer's masks from SAM 2 (Ravi et al., "SAM 2: Segment Anything in Images and Videos", 2024).

`Sam2VideoModel` of transformers is fed directly: its processor needs torchvision, which we do without. Pictures are
resized to the model's square (aspect not kept) and normalised with ImageNet's statistics, as that processor does.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from torch.nn import functional
from transformers import AutoConfig, Sam2VideoInferenceSession, Sam2VideoModel

from motioncast.arrays import Float32, Image
from motioncast.engines.wan.detectors.person_prompts import key_frames
from motioncast.errors import InputError
from motioncast.perception.landmarks import PerformanceTrack

CHUNK_FRAMES = 64  #: held at once, so that key frames ahead of a frame help it
_PERFORMER = 1
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet, RGB in 0..1
_ON_PERSON = 1  # label of a point


class Sam2Masks:
    """A `PersonSegmenter`."""

    def __init__(self, source: str | Path, device: str = "cpu") -> None:
        """`source`: a folder in transformers' format, or the id of a model that is in the hub's cache; nothing is
        downloaded. `device` is torch's. Raises `InputError` if the weights are missing, damaged or another model's.
        """
        self._model = _load(source).to(device)

    def masks(self, frames: Iterable[tuple[int, Image]], track: PerformanceTrack) -> Iterator[Image]:
        """(H, W) uint8, 255 = the performer of `track`, for each (index, (H, W, 3) RGB) of `frames`, in order.

        Values are probabilities times 255. Memory does not grow with the clip: `CHUNK_FRAMES` frames are held, and the
        model's memory of the last few masks goes on into the next chunk; a cut starts anew. Until the performer is
        first seen in a shot, masks are empty.
        """
        following = _Following(self._model)
        for chunk in _chunks(frames, set(track.cuts)):
            if next(iter(chunk)) in track.cuts:
                following = _Following(self._model)
            following.prompt(chunk, key_frames(track, list(chunk)))
            for index, frame in chunk.items():
                yield following.mask(index, frame)


class _Following:
    """One shot, in which SAM 2 remembers the performer."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._session = Sam2VideoInferenceSession(
            inference_device=model.device,
            inference_state_device=model.device,
            video_storage_device=model.device,
            dtype=model.dtype,
        )
        self._person = self._session.obj_id_to_idx(_PERFORMER)
        self._outputs = self._session.output_dict_per_obj[self._person]
        config = model.config
        self._reach = max(config.num_maskmem, config.max_object_pointers_in_encoder)  # frames that the model looks back

    def prompt(self, chunk: dict[int, Image], keys: dict[int, Float32]) -> None:
        """Point at the performer in frames of a new chunk: `keys` holds (P, 2) px for each. They replace older ones."""
        if keys:
            self._outputs["cond_frame_outputs"].clear()
            self._session.point_inputs_per_obj[self._person].clear()
        for index, points_px in keys.items():
            frame = chunk[index]
            points = _model_points(points_px, frame, _side(self._model))[None, None]
            labels = torch.full(points.shape[:3], _ON_PERSON, dtype=torch.int32)
            inputs = {"point_coords": points.to(self._model.dtype), "point_labels": labels}
            self._session.add_point_inputs(self._person, index, inputs)
            self._session.obj_with_new_inputs = [_PERFORMER]
            self._run(index, frame)

    def mask(self, index: int, frame: Image) -> Image:
        """(H, W) uint8 of the next frame (H, W, 3) RGB."""
        if not self._outputs["cond_frame_outputs"]:
            return np.zeros(frame.shape[:2], np.uint8)
        logits = self._run(index, frame)
        self._forget(index - self._reach)
        full = functional.interpolate(logits.float(), frame.shape[:2], mode="bilinear", align_corners=False)
        mask = full[0, 0].sigmoid().mul(255).round()
        return np.asarray(mask.cpu().numpy().astype(np.uint8))

    def _run(self, index: int, frame: Image) -> Any:
        """Logits (1, 1, h, w) at the model's own size."""
        known = index in self._outputs["cond_frame_outputs"]
        picture = None if known else _model_picture(frame, self._model)
        logits = self._model(self._session, frame_idx=index, frame=picture).pred_masks
        if not known:
            del self._session.processed_frames[index]
        return logits

    def _forget(self, before: int) -> None:
        """Drop what no later frame looks at."""
        for kept in (self._outputs["non_cond_frame_outputs"], self._session.frames_tracked_per_obj[self._person]):
            for old in [past for past in kept if past < before]:
                del kept[old]


def _chunks(frames: Iterable[tuple[int, Image]], cuts: set[int]) -> Iterator[dict[int, Image]]:
    """Stretches of at most `CHUNK_FRAMES` frames of one shot, by frame index."""
    chunk: dict[int, Image] = {}
    for index, frame in frames:
        if chunk and (index in cuts or len(chunk) == CHUNK_FRAMES):
            yield chunk
            chunk = {}
        chunk[index] = frame
    if chunk:
        yield chunk


def _side(model: Any) -> int:
    """Of the square picture that a model takes, in px."""
    size = model.config.image_size
    return int(size if isinstance(size, int) else size[0])


def _model_picture(frame: Image, model: Any) -> Any:
    """(1, 3, S, S) normalised, of a frame (H, W, 3) RGB."""
    side = _side(model)
    picture = torch.from_numpy(np.ascontiguousarray(frame)).to(model.device).permute(2, 0, 1)[None].float()
    picture = functional.interpolate(picture, (side, side), mode="bilinear", align_corners=False, antialias=True)
    mean, deviation = (torch.tensor(values, device=model.device).view(1, 3, 1, 1) for values in (_MEAN, _DEVIATION))
    return ((picture.round() / 255 - mean) / deviation).to(model.dtype)


def _model_points(points_px: Float32, frame: Image, side: int) -> Any:
    """(P, 2) pixel centres of a frame as pixel centres of the model's square picture."""
    scale = np.array([side / frame.shape[1], side / frame.shape[0]], np.float32)
    return torch.from_numpy((points_px + 0.5) * scale - 0.5)


def _load(source: str | Path) -> Any:
    """The model in evaluation mode."""
    try:
        config = AutoConfig.from_pretrained(source, local_files_only=True)
        if config.model_type != "sam2_video":
            raise InputError(f"{source} holds a {config.model_type} network; give SAM 2 for video, of transformers.")
        model, report = Sam2VideoModel.from_pretrained(
            source, config=config, local_files_only=True, output_loading_info=True
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise InputError(
            f"SAM 2 cannot be read from {source}; give a folder that save_pretrained wrote or a downloaded model's id."
        ) from error
    if report["missing_keys"]:  # transformers would fill them with noise
        raise InputError(f"The SAM 2 weights in {source} lack {len(report['missing_keys'])} tensors; copy them again.")
    return model.eval()
