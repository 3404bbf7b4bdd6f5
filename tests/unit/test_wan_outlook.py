"""`motioncast plan`: its arithmetic against torch's counters and published figures, and what it prints."""

import json
import subprocess
import sys
import weakref

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from motioncast.cli.plan import plan
from motioncast.engines.wan import flops
from motioncast.engines.wan.footprint import ACTIVATION_BYTES_PER_TOKEN, GIB, VAE_BYTES_PER_PIXEL, VAE_PARAMETERS
from motioncast.engines.wan.gpus import GPUS, Gpu, find_gpu
from motioncast.engines.wan.model.architecture import meta_transformer, parameter_counts
from motioncast.engines.wan.outlook import make_job, outlook
from motioncast.errors import InputError

app = typer.Typer()
app.command()(plan)


def said(*arguments, width=80):
    """What the command prints on a terminal of `width` columns."""
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": str(width)}, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def answer(gpu="RTX 4090", seconds=30.0, resolution="720p", profile="quality"):
    return outlook(make_job("animate", resolution, profile, seconds, 30), find_gpu(gpu))


@pytest.mark.parametrize(
    ("size", "step_tflop", "encode", "one", "decode", "segment_pflop"),
    [((832, 480), 1717, 155.7, 2.72, 261.8, 34.91), ((1280, 720), 6607, 362.9, 6.45, 607.8, 133.48)],
)
def test_figures_of_the_research_brief(size, step_tflop, encode, one, decode, segment_pflop):
    assert flops.transformer_flop(*size) / 1e12 == pytest.approx(step_tflop, rel=1e-3)
    assert flops.vae_encode_flop(*size) / 1e12 == pytest.approx(encode, rel=1e-3)
    assert flops.vae_encode_flop(*size, frames=1) / 1e12 == pytest.approx(one, rel=2e-3)
    assert flops.vae_decode_flop(*size) / 1e12 == pytest.approx(decode, rel=1e-3)
    assert sum(flops.segment_flop(*size, steps=20)) / 1e15 == pytest.approx(segment_pflop, rel=1e-3)


def test_published_steps_give_the_published_speeds():
    step = flops.transformer_flop(1280, 720) / 1e12
    assert step / 11.676 == pytest.approx(find_gpu("H200").speed.fastest, rel=0.005)
    assert step / 19.4 == pytest.approx(find_gpu("H100").speed.slowest, rel=0.005)


def test_two_published_segments_on_an_h200_take_the_published_time():
    whole = answer("H200", seconds=153 / 30).plans[0]
    assert whole.basis == "published by others"
    assert whole.seconds[0] == pytest.approx(499.9, rel=0.02)


@given(st.integers(1, 3600))
def test_segments_cover_the_clip_and_no_fewer_would(frames):
    job = make_job("animate", "480p", "quality", frames / 30, 30)
    assert job.frames == frames
    assert job.segments == max(1, -(-(frames - 1) // 76))


@given(
    st.sampled_from(GPUS),
    st.sampled_from(["480p", "720p"]),
    st.sampled_from(["quality", "balanced", "turbo"]),
    st.floats(0.1, 120),
)
def test_every_answer_is_coherent(gpu, resolution, profile, seconds):
    found = outlook(make_job("replace", resolution, profile, seconds, 30), gpu)
    full, small, offload, cpu = found.plans
    assert full.gpu_gib > small.gpu_gib > offload.gpu_gib > cpu.gpu_gib == 0
    assert all(plan.fits == (plan.gpu_gib <= gpu.memory_gib) for plan in found.plans)
    assert found.advised == next(plan for plan in found.plans if plan.fits)
    assert all(0 < plan.seconds[0] <= plan.seconds[1] for plan in found.plans)
    assert offload.seconds[0] >= full.seconds[0]


def test_what_fits_on_known_cards():
    assert answer("H100").advised.name == "full bf16"
    assert answer("RTX 6000 Ada").advised.name == "int8 or fp8 weights"
    assert answer("RTX 4090").advised.name == "group offload"
    assert outlook(answer().job, Gpu("small", 4, 10)).advised.name == "CPU"


def test_offload_waits_for_the_bus_on_a_fast_card():
    job = make_job("animate", "480p", "turbo", 2.5, 30)
    full, _, offload, _ = outlook(job, Gpu("fast", 200, 20_000)).plans
    assert offload.seconds[0] - full.seconds[0] == pytest.approx(4 * 34.55 / 20, rel=0.15)


def test_a_step_cache_widens_the_range_downwards_only():
    quality, balanced = answer("H200").plans[0], answer("H200", profile="balanced").plans[0]
    assert balanced.seconds[1] == quality.seconds[1]
    assert 0.5 < balanced.seconds[0] / quality.seconds[0] < 0.55
    assert balanced.basis == "scaled, never measured"


@pytest.mark.parametrize(
    ("given", "name"),
    [("rtx4090", "RTX 4090"), ("NVIDIA GeForce RTX 4090 D", "RTX 4090 D"), ("a100", "A100 80GB"), ("h100-sxm", "H100")],
)
def test_cards_are_known_by_their_usual_names(given, name):
    assert find_gpu(given).name == name


def test_an_unknown_card_is_answered_with_the_known_ones():
    with pytest.raises(InputError, match=r"did you mean RTX 4090\? Known are B200, .*RTX 3090"):
        find_gpu("RTX 409O")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Name a card"),
        (["--gpu", "H100", "--gpu-memory", "80"], "Name a card"),
        (["--gpu-memory", "0", "--gpu-tflops", "10"], "must be above 0"),
        (["--gpu", "H100", "--seconds", "121"], "at most 120"),
        (["--gpu", "H100", "--fps", "0"], "--fps must be above 0"),
        (["--gpu", "H100", "--profile", "fast"], "quality or balanced or turbo"),
        (["--gpu", "H100", "--resolution", "1080p"], "480p or 720p"),
    ],
)
def test_wrong_options_are_one_sentence(arguments, message):
    with pytest.raises(InputError, match=message):
        CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_the_printed_answer_fits_a_terminal_and_says_what_was_never_measured():
    text = said("--gpu", "RTX 4090", "--resolution", "720p", "--seconds", "30", "--mode", "replace")
    assert max(map(len, text.splitlines())) <= 80
    assert "900 frames: 12 segments of 77, 20 steps each" in text
    assert "Take group offload: 3.8 to 8.4 h for the job, 19 to 42 min a segment." in text
    assert "person masks" in text
    assert "scaled, never measured" in text
    assert text.rstrip().endswith("None of these figures was measured by this project, which had no GPU.")


def test_json_is_one_object_that_names_the_origin_of_its_numbers():
    found = json.loads(said("--gpu", "H100", "--profile", "balanced", "--json"))
    assert found["work"]["basis"] == "computed"
    assert found["gpu"]["basis"] == "published by others"
    assert found["skipped_share"] == {"from": 0.0, "to": 0.5, "basis": "assumed, never measured"}
    assert {plan["speed_basis"] for plan in found["plans"]} == {"scaled, never measured", "assumed, never measured"}
    assert found["measured_by_this_project"] is False


def test_the_command_needs_no_torch():
    code = (
        "import sys; from motioncast.cli.plan import plan; plan(gpu='H100'); "
        "print(sorted({'torch', 'diffusers', 'numpy', 'cv2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_parameters_in_closed_form_are_those_of_the_tree():
    pytest.importorskip("diffusers")
    model, counts = meta_transformer(), parameter_counts()
    patches = sum(
        p.numel() for name, p in model.named_parameters() if name.split(".")[0] not in counts
    )  # embeddings, head and its modulation
    own = {name: sum(p.numel() for p in getattr(model, name).parameters()) for name in counts if name != "patches"}
    assert own | {"patches": patches} == counts


def meta_inputs(width, height, frames, dtype):
    import torch

    latents = flops.latent_frames(frames)
    sizes = {
        "hidden_states": (1, 36, latents + 1, height // 8, width // 8),
        "encoder_hidden_states": (1, 512, 4096),
        "encoder_hidden_states_image": (1, 257, 1280),
        "pose_hidden_states": (1, 16, latents, height // 8, width // 8),
        "face_pixel_values": (1, 3, frames, 512, 512),
    }
    tensors = {name: torch.empty(size, dtype=dtype, device="meta") for name, size in sizes.items()}
    return tensors | {"timestep": torch.empty(1, dtype=torch.long, device="meta")}


@pytest.mark.parametrize(("width", "height", "frames"), [(832, 480, 77), (96, 160, 13)])
def test_transformer_operations_are_those_torch_counts(width, height, frames):
    pytest.importorskip("diffusers")
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    model = meta_transformer().to("meta")
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(**meta_inputs(width, height, frames, torch.float32))
    assert counter.get_total_flops() == flops.transformer_flop(width, height, frames)


@pytest.mark.parametrize(("width", "height", "frames"), [(832, 480, 77), (96, 160, 13)])
def test_vae_operations_and_parameters_are_those_torch_counts(width, height, frames):
    pytest.importorskip("diffusers")
    import torch
    from diffusers import AutoencoderKLWan
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"):
        vae = AutoencoderKLWan().eval()
        video = torch.empty(1, 3, frames, height, width)
        latents = torch.empty(1, 16, flops.latent_frames(frames), height // 8, width // 8)
    assert sum(p.numel() for p in vae.parameters()) == VAE_PARAMETERS
    for run, expected in (
        (lambda: vae.encode(video), flops.vae_encode_flop(width, height, frames)),
        (lambda: vae.decode(latents), flops.vae_decode_flop(width, height, frames)),
    ):
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            run()
        assert counter.get_total_flops() == expected


def peak_bytes(run):
    """Largest sum of storages that operations of `run` made and that were alive together."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_iter

    class Live(TorchDispatchMode):
        def __init__(self):
            super().__init__()
            self.sizes, self.now, self.peak = {}, 0, 0

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            out = func(*args, **(kwargs or {}))
            for tensor in tree_iter(out):
                if isinstance(tensor, torch.Tensor):
                    self.hold(tensor.untyped_storage())
            return out

        def hold(self, storage):
            key = storage._cdata
            if key not in self.sizes:
                self.sizes[key] = storage.nbytes()
                self.now += storage.nbytes()
                self.peak = max(self.peak, self.now)
                weakref.finalize(storage, self.drop, key)

        def drop(self, key):
            self.now -= self.sizes.pop(key)

    with torch.no_grad(), Live() as live:
        run()
    return live.peak


def test_activations_of_a_step_are_those_of_a_trace(monkeypatch):
    pytest.importorskip("diffusers")
    import torch

    monkeypatch.setattr(  # a fused kernel: no matrix of scores
        torch.nn.functional, "scaled_dot_product_attention", lambda query, key, value, **_: torch.empty_like(query)
    )
    model = meta_transformer().to("meta", torch.bfloat16)
    small, large = (
        peak_bytes(lambda size=size: model(**meta_inputs(*size, 77, torch.bfloat16)))
        for size in ((832, 480), (1280, 720))
    )
    tokens = flops.tokens(1280, 720) - flops.tokens(832, 480)  # the difference leaves the weights out
    assert (large - small) / tokens == pytest.approx(ACTIVATION_BYTES_PER_TOKEN, rel=0.05)


def test_memory_of_the_vae_is_that_of_a_trace():
    pytest.importorskip("diffusers")
    import torch
    from diffusers import AutoencoderKLWan

    with torch.device("meta"):
        vae, latents = AutoencoderKLWan().eval(), torch.empty(1, 16, 20, 60, 104)
    peak = peak_bytes(lambda: vae.decode(latents))
    assert peak / (832 * 480) == pytest.approx(VAE_BYTES_PER_PIXEL, rel=0.05)
    assert answer("H100").plans[2].gpu_gib > peak / GIB
