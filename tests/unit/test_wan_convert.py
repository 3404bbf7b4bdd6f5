"""Official checkpoints under diffusers' names: the whole 14B on the meta device, a tiny one with values."""

import json

import pytest

from motioncast.errors import InputError

pytest.importorskip("diffusers", reason="needs the wan extra: make install-wan")

import torch
from safetensors.torch import save_file

from motioncast.engines.wan.model.architecture import WAN_ANIMATE_14B, meta_transformer
from motioncast.engines.wan.model.convert import converted, load_original_checkpoint, transformer_config

CHANNELS = {4: 512, 8: 512, 16: 512, 32: 512, 64: 256, 128: 128, 256: 64, 512: 32}
TINY = {
    **WAN_ANIMATE_14B,
    "num_attention_heads": 2,
    "attention_head_dim": 12,
    "text_dim": 20,
    "freq_dim": 16,
    "ffn_dim": 40,
    "num_layers": 10,
    "image_dim": 28,
    "added_kv_proj_dim": 24,
    "motion_encoder_channel_sizes": {"4": 10, "8": 8, "16": 6, "32": 4},
    "motion_encoder_size": 32,
    "motion_style_dim": 14,
    "motion_dim": 3,
    "motion_encoder_dim": 14,
    "face_encoder_hidden_dim": 18,
    "face_encoder_num_heads": 2,
}


def linear(name, inputs, outputs):
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def official_block(name, dim, ffn):
    """WanAnimateAttentionBlock: norm1 and norm2 have no parameters."""
    shapes = {f"{name}.modulation": (1, 6, dim)}
    for attention in ("self_attn", "cross_attn"):
        for projection in "qkvo":
            shapes |= linear(f"{name}.{attention}.{projection}", dim, dim)
        shapes |= {f"{name}.{attention}.norm_{side}.weight": (dim,) for side in "qk"}
    shapes |= linear(f"{name}.cross_attn.k_img", dim, dim) | linear(f"{name}.cross_attn.v_img", dim, dim)
    shapes |= {f"{name}.cross_attn.norm_k_img.weight": (dim,)}
    shapes |= {f"{name}.norm3.weight": (dim,), f"{name}.norm3.bias": (dim,)}
    return shapes | linear(f"{name}.ffn.0", dim, ffn) | linear(f"{name}.ffn.2", ffn, dim)


def official_motion_encoder(config, channels):
    """Generator(size, style_dim, motion_dim): ConvLayer is a sequence, [Blur,] EqualConv2d[, FusedLeakyReLU]."""
    size, style = config["motion_encoder_size"], config["motion_style_dim"]
    convs = "motion_encoder.enc.net_app.convs"
    shapes = {f"{convs}.0.0.weight": (channels[size], 3, 1, 1), f"{convs}.0.1.bias": (1, channels[size], 1, 1)}
    place = 1
    while size > 4:
        a, b = channels[size], channels[size // 2]
        block = f"{convs}.{place}"
        shapes |= {
            f"{block}.conv1.0.weight": (a, a, 3, 3),
            f"{block}.conv1.1.bias": (1, a, 1, 1),
            f"{block}.conv2.0.kernel": (4, 4),
            f"{block}.conv2.1.weight": (b, a, 3, 3),
            f"{block}.conv2.2.bias": (1, b, 1, 1),
            f"{block}.skip.0.kernel": (4, 4),
            f"{block}.skip.1.weight": (b, a, 1, 1),
        }
        place, size = place + 1, size // 2
    shapes[f"{convs}.{place}.weight"] = (style, channels[4], 4, 4)
    for layer in range(4):
        shapes |= linear(f"motion_encoder.enc.fc.{layer}", style, style)
    shapes |= linear("motion_encoder.enc.fc.4", style, config["motion_dim"])
    return shapes | {"motion_encoder.dec.direction.weight": (config["motion_encoder_dim"], config["motion_dim"])}


def original_key_shapes(config, channels):
    """Names and shapes of WanAnimateModel's state dict, read off the official modules."""
    dim, freq, text = config["added_kv_proj_dim"], config["freq_dim"], config["text_dim"]
    image, hidden, heads = config["image_dim"], config["face_encoder_hidden_dim"], config["face_encoder_num_heads"]
    shapes = {"patch_embedding.weight": (dim, config["in_channels"], 1, 2, 2), "patch_embedding.bias": (dim,)}
    shapes |= {"pose_patch_embedding.weight": (dim, 16, 1, 2, 2), "pose_patch_embedding.bias": (dim,)}
    shapes |= linear("text_embedding.0", text, dim) | linear("text_embedding.2", dim, dim)
    shapes |= linear("time_embedding.0", freq, dim) | linear("time_embedding.2", dim, dim)
    shapes |= linear("time_projection.1", dim, 6 * dim)
    for layer in range(config["num_layers"]):
        shapes |= official_block(f"blocks.{layer}", dim, config["ffn_dim"])
    shapes |= {"head.modulation": (1, 2, dim)} | linear("head.head", dim, 4 * config["out_channels"])
    shapes |= {"img_emb.proj.0.weight": (image,), "img_emb.proj.0.bias": (image,)}
    shapes |= linear("img_emb.proj.1", image, image) | linear("img_emb.proj.3", image, dim)
    shapes |= {"img_emb.proj.4.weight": (dim,), "img_emb.proj.4.bias": (dim,)}
    shapes |= official_motion_encoder(config, channels)
    for adapter in range(config["num_layers"] // 5):
        block = f"face_adapter.fuser_blocks.{adapter}"
        shapes |= linear(f"{block}.linear1_kv", dim, 2 * dim) | linear(f"{block}.linear1_q", dim, dim)
        shapes |= linear(f"{block}.linear2", dim, dim)
        shapes |= {f"{block}.{side}_norm.weight": (config["attention_head_dim"],) for side in "qk"}
    for name, inputs, outputs in (
        ("conv1_local", config["motion_encoder_dim"], hidden * heads),
        ("conv2", hidden, hidden),
        ("conv3", hidden, hidden),
    ):
        shapes |= {
            f"face_encoder.{name}.conv.weight": (outputs, inputs, 3),
            f"face_encoder.{name}.conv.bias": (outputs,),
        }
    return shapes | linear("face_encoder.out_proj", hidden, dim) | {"face_encoder.padding_tokens": (1, 1, 1, dim)}


def tiny_state(seed=0):
    generator = torch.Generator().manual_seed(seed)
    channels = {int(size): count for size, count in TINY["motion_encoder_channel_sizes"].items()}
    shapes = original_key_shapes(TINY, channels)
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


@pytest.fixture
def folder(tmp_path):
    """An official-format folder: two shards and a config."""
    state = tiny_state()
    names = sorted(state)
    for number, part in enumerate((names[::2], names[1::2]), start=1):
        save_file({n: state[n] for n in part}, tmp_path / f"diffusion_pytorch_model-0000{number}-of-00002.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({"_class_name": "WanAnimateTransformer3DModel", **TINY}))
    return tmp_path


def test_the_published_network_has_17_275_billion_parameters():
    assert sum(parameter.numel() for parameter in meta_transformer().parameters()) == 17_274_816_884


def test_names_and_shapes_of_the_whole_official_checkpoint_are_those_of_the_tree():
    with torch.device("meta"):
        original = {name: torch.empty(shape) for name, shape in original_key_shapes(WAN_ANIMATE_14B, CHANNELS).items()}
    ours = {name: tensor.shape for name, tensor in converted(original.items()).items()}
    tree = {name: tensor.shape for name, tensor in meta_transformer().state_dict().items()}
    assert ours == tree


def test_values_land_where_they_belong():
    state = tiny_state()
    model = meta_transformer(TINY)
    model.load_state_dict(converted(state.items()), strict=True, assign=True)
    kv = state["face_adapter.fuser_blocks.1.linear1_kv.weight"]
    assert torch.equal(model.face_adapter[1].to_k.weight, kv[:24])
    assert torch.equal(model.face_adapter[1].to_v.weight, kv[24:])
    assert torch.equal(model.face_adapter[0].to_v.bias, state["face_adapter.fuser_blocks.0.linear1_kv.bias"][24:])
    assert torch.equal(model.blocks[7].norm2.weight, state["blocks.7.norm3.weight"])
    assert torch.equal(model.blocks[3].attn2.add_v_proj.weight, state["blocks.3.cross_attn.v_img.weight"])
    assert torch.equal(model.scale_shift_table, state["head.modulation"])
    encoder, convs = model.motion_encoder, "motion_encoder.enc.net_app.convs"
    assert torch.equal(encoder.res_blocks[1].conv2.weight, state[f"{convs}.2.conv2.1.weight"])
    assert torch.equal(encoder.res_blocks[0].conv1.act_fn.bias, state[f"{convs}.1.conv1.1.bias"][0, :, 0, 0])
    assert torch.equal(encoder.conv_out.weight, state[f"{convs}.4.weight"])
    assert torch.equal(encoder.motion_synthesis_weight, state["motion_encoder.dec.direction.weight"])


def test_an_official_folder_loads_and_runs(folder):
    model = load_original_checkpoint(folder, torch.float32)
    assert torch.equal(model.blocks[9].ffn.net[2].weight, tiny_state()["blocks.9.ffn.2.weight"])
    assert not any(tensor.is_meta for tensor in (*model.parameters(), *model.buffers()))
    with torch.no_grad():
        flow = model(
            hidden_states=torch.zeros(1, 36, 3, 4, 4),
            timestep=torch.tensor([500]),
            encoder_hidden_states=torch.zeros(1, 512, 20),
            encoder_hidden_states_image=torch.zeros(1, 257, 28),
            pose_hidden_states=torch.zeros(1, 16, 2, 4, 4),
            face_pixel_values=torch.zeros(1, 3, 5, 32, 32),
        ).sample
    assert flow.shape == (1, 16, 3, 4, 4)
    assert torch.isfinite(flow).all()


def test_precision_is_that_of_from_pretrained(folder, tmp_path):
    ours = load_original_checkpoint(folder, torch.bfloat16)
    load_original_checkpoint(folder, torch.float32).save_pretrained(tmp_path / "converted")
    theirs = type(ours).from_pretrained(tmp_path / "converted", torch_dtype=torch.bfloat16).state_dict()
    state = ours.state_dict()
    assert {name: tensor.dtype for name, tensor in state.items()} == {n: t.dtype for n, t in theirs.items()}
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in state.items())


def test_a_lost_shard_is_named(folder):
    (folder / "diffusion_pytorch_model-00002-of-00002.safetensors").unlink()
    with pytest.raises(InputError, match=r"lacks \d+ tensors \(.+, .+, .+, …\)"):
        load_original_checkpoint(folder, torch.float32)


def test_a_truncated_shard_is_named(folder):
    shard = folder / "diffusion_pytorch_model-00001-of-00002.safetensors"
    shard.write_bytes(shard.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"00001-of-00002\.safetensors is damaged or incomplete"):
        load_original_checkpoint(folder, torch.float32)


def test_tensors_of_another_network_are_named():
    strange = {name: torch.zeros(1) for name in ("control.weight", "blocks.0.cross_attn.q.lora")}
    with pytest.raises(InputError, match=r"2 tensors .* \(blocks.0.cross_attn.q.lora, control.weight\)"):
        converted((tiny_state() | strange).items())


def test_a_config_of_another_size_is_refused(folder):
    (folder / "config.json").write_text(json.dumps({**TINY, "ffn_dim": 44}))
    with pytest.raises(InputError, match=r"does not fit its config\.json"):
        load_original_checkpoint(folder, torch.float32)


def test_a_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"config\.json cannot be read"):
        load_original_checkpoint(tmp_path, torch.float32)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="holds no diffusion_pytorch_model"):
        load_original_checkpoint(tmp_path, torch.float32)


def test_the_official_config_is_read(tmp_path):
    official = {"dim": 5120, "ffn_dim": 13824, "freq_dim": 256, "in_dim": 36, "num_heads": 40, "num_layers": 40}
    (tmp_path / "config.json").write_text(json.dumps({"_class_name": "WanAnimateModel", **official, "out_dim": 16}))
    assert transformer_config(tmp_path) == WAN_ANIMATE_14B
    (tmp_path / "config.json").write_text(json.dumps({**official, "dim": 1536, "num_heads": 12}))
    small = transformer_config(tmp_path)
    assert (small["attention_head_dim"], small["added_kv_proj_dim"]) == (128, 1536)
