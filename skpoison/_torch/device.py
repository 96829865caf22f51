"""Where torch computes."""

__all__ = ["torch_device"]


def torch_device(device):
    """The torch device of a `device` parameter.

    Parameters
    ----------
    device : {"auto"} or str or torch.device
        "auto" is the first GPU where there is one, else the CPU.

    Returns
    -------
    torch.device

    Raises
    ------
    ValueError
        For a name that torch does not know, or a GPU where there is none.
    """
    import torch

    gpu = torch.cuda.is_available()
    if isinstance(device, str) and device == "auto":
        return torch.device("cuda" if gpu else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"device={device!r} is no device of torch: {error}") from None
    if chosen.type == "cuda" and not gpu:
        raise ValueError(f"device={device!r} needs a GPU; torch finds none here.")
    return chosen
