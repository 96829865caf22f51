import torch
from torch import nn

from skpoison._torch.weights import drawn


def build():
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Linear(16, 4))


def weights(seed):
    module = drawn(build, torch.Generator().manual_seed(seed))
    return nn.utils.parameters_to_vector(module.parameters())


def test_the_generator_alone_decides():
    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))


def test_the_global_generators_are_left_alone():
    before = torch.random.get_rng_state()
    weights(0)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_weights_lie_within_one_over_the_root_of_the_inputs():
    module = drawn(build, torch.Generator().manual_seed(0))
    for layer, n_inputs in ((module[0], 18), (module[2], 16)):
        for values in layer.parameters():
            assert values.abs().max() <= n_inputs**-0.5
        assert layer.weight.abs().max() > 0.8 * n_inputs**-0.5
    assert torch.equal(module[1].running_var, torch.ones(3))
