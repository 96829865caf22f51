"""In which number format, and in which memory order, a net multiplies."""

from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

__all__ = ["as_float32", "forward_precision", "full_float32", "in_fastest_format"]

_CPU_UNITS = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


@contextmanager
def forward_precision(precision, module, device):
    """Context of one forward pass: products in bfloat16 or float32, weights float32.

    "auto" chooses bfloat16 for convolutional modules alone, where the hardware
    multiplies it natively: up to 3.7 times as fast. Small linear layers would lose time
    to the conversions, and tables are often unscaled, which the 8 significant bits of
    bfloat16 would not survive.
    """
    bfloat16 = precision == "bfloat16" or (
        precision == "auto"
        and _multiplies_bfloat16(device)
        and any(isinstance(part, _CONVOLUTIONS) for part in module.modules())
    )
    with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
        yield


@contextmanager
def full_float32(device):
    """Context whose products of float32 matrices round to float32 alone.

    Neither to TF32, on whose 11 significant bits GPUs multiply faster, nor to the
    format of an autocast. The setting is that of the whole process.
    """
    backends: Any = torch.backends
    products = [backends.cuda.matmul, backends.mkldnn.matmul]
    before = [product.fp32_precision for product in products]
    try:
        for product in products:
            product.fp32_precision = "ieee"
        with torch.autocast(device.type, enabled=False):
            yield
    finally:
        for product, precision in zip(products, before):
            product.fp32_precision = precision


def in_fastest_format(forward, x):
    """Call a forward on images in the memory order in which convolutions are fastest.

    The `view` in the forward of many modules takes the usual order alone; then it is
    called again with that.
    """
    if x.ndim == 4:
        try:
            return forward(x.to(memory_format=torch.channels_last))
        except RuntimeError as error:
            if "view size is not compatible" not in str(error):
                raise
    return forward(x.contiguous())


def as_float32(output):
    """The bfloat16 tensors of a net's output as float32, so that the loss is exact."""
    if isinstance(output, tuple | list):
        return tuple(as_float32(part) for part in output)
    if torch.is_tensor(output) and output.dtype == torch.bfloat16:
        return output.float()
    return output


def _multiplies_bfloat16(device):
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return device.type == "cpu" and any(
        getattr(torch.cpu, name, lambda: False)() for name in _CPU_UNITS
    )
