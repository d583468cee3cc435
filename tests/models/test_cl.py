import copy
import io
import math

import pytest
import torch

from models.cl import Cl, ClConfig
from models.vgg import BackboneConfig, Layer

BACKBONE = BackboneConfig((Layer(3, 3, 2, pool=2), Layer(4, 3)))
HEIGHT, WIDTH, MARGIN = 12, 16, 2.0


def small(masked=True, momentum=0.0, queue=5):
    """Return a network, its averages already behind its weights."""
    config = ClConfig(
        BACKBONE, BACKBONE, masked, momentum, hidden=8, projection=6, queue=queue,
        box_margin=MARGIN,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = Cl(config, HEIGHT, WIDTH)
        for branch in (network.radio, network.vision):
            for weight in branch.fast.parameters():
                weight.data += 0.1 * torch.randn_like(weight)
    return network


def batch(seed, n=3):
    """Return pictures, radio maps and boxes."""
    chance = torch.Generator().manual_seed(seed)
    pictures = torch.randint(0, 256, (n, 3, HEIGHT, WIDTH), generator=chance, dtype=torch.uint8)
    corner = torch.rand(n, 2, generator=chance) * 6
    radio = torch.randn(n, 1, HEIGHT, WIDTH, generator=chance)
    return pictures, radio, torch.cat([corner, corner + 4], 1)


def prepared(pictures, boxes, masked):
    """Return pictures as the network sees them, pixel by pixel."""
    made = torch.zeros(pictures.shape)
    for n, (x0, y0, x1, y1) in enumerate(boxes.tolist()):
        for y in range(HEIGHT):
            for x in range(WIDTH):
                across = x0 - MARGIN <= x + 0.5 < x1 + MARGIN
                if not masked or (across and y0 - MARGIN <= y + 0.5 < y1 + MARGIN):
                    made[n, :, y, x] = (pictures[n, :, y, x] / 255 - 0.45) / 0.25
    return made


def equation_6(queries, keys, negatives):
    """Return the one-sided loss as a tensor, by sums."""
    loss = torch.zeros(())
    for query, key in zip(queries, keys, strict=True):
        true = ((query * key).sum() / 0.07).exp()
        false = sum((((query * other).sum() / 0.07).exp() for other in negatives), torch.zeros(()))
        loss = loss - (true / (true + false)).log() / len(queries)
    return loss


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_losses_and_slopes_are_equations_5_to_8_over_several_batches(masked, momentum):
    network = small(masked, momentum)
    twin = copy.deepcopy(network)
    old_radio: list[torch.Tensor] = []
    old_vision: list[torch.Tensor] = []
    for seed in range(4):
        pictures, radio, boxes = batch(seed)
        seen = prepared(pictures, boxes, masked)
        q_radio, q_vision = twin.radio.fast(radio), twin.vision.fast(seen)
        k_radio, k_vision = q_radio.detach(), q_vision.detach()
        if momentum:
            with torch.no_grad():
                k_radio = twin.radio.fast[1](twin.radio.slow(radio))
                k_vision = twin.vision.fast[1](twin.vision.slow(seen))
        slow = equation_6(q_radio, k_vision, old_vision) + equation_6(q_vision, k_radio, old_radio)
        fast = network(pictures, radio, boxes)
        assert fast.item() == pytest.approx(slow.item() / 2, rel=1e-4, abs=1e-6)
        for branch, other in ((network.radio, twin.radio), (network.vision, twin.vision)):
            slopes = torch.autograd.grad(fast, list(branch.fast.parameters()), retain_graph=True)
            expected = torch.autograd.grad(
                slow / 2, list(other.fast.parameters()), retain_graph=True
            )
            for one, wanted in zip(slopes, expected, strict=True):
                torch.testing.assert_close(one, wanted, rtol=1e-3, atol=1e-5)
        old_radio = [*k_radio, *old_radio][:5]  # 5: the queues' size, no multiple of the batch
        old_vision = [*k_vision, *old_vision][:5]


def test_masks_and_averages_matter():
    losses = []
    for masked, momentum in ((False, 0.0), (True, 0.0), (False, 0.9), (True, 0.9)):
        network = small(masked, momentum)
        network(*batch(0))
        losses.append(network(*batch(1)).item())
    assert len(set(losses)) == 4


def test_the_first_batch_has_no_negatives():
    assert small()(*batch(0)).item() == pytest.approx(0, abs=1e-6)


def test_only_training_fills_the_queues():
    network = small().eval()
    network(*batch(0))
    assert len(network.radio.queue.held()) == len(network.vision.queue.held()) == 0
    network.train()
    network(*batch(0))
    assert len(network.radio.queue.held()) == len(network.vision.queue.held()) == 3


def trained(network, batches):
    """Take a step of descent for each batch."""
    learning = [weight for weight in network.parameters() if weight.requires_grad]
    optimizer = torch.optim.SGD(learning, 0.1)
    for one in batches:
        optimizer.zero_grad()
        network(*one).backward()
        optimizer.step()
        network.after_step()
    return network


def test_averages_move_after_a_step_by_the_formula():
    network = trained(small(momentum=0.9), [batch(0), batch(1)])
    network(*batch(2))
    branches = (network.radio, network.vision)
    before = [[weight.clone() for weight in branch.slow.parameters()] for branch in branches]
    network.after_step()
    for branch, olds in zip(branches, before, strict=True):
        for old, new, weight in zip(
            olds, branch.slow.parameters(), branch.fast[0].parameters(), strict=True
        ):
            assert not torch.equal(old, weight)
            torch.testing.assert_close(new, 0.9 * old + 0.1 * weight)
        for kept, latest in zip(branch.slow.buffers(), branch.fast[0].buffers(), strict=True):
            assert torch.equal(kept, latest)


def test_averages_never_learn_by_descent():
    network = small(momentum=0.9)
    network(*batch(0))
    network(*batch(1)).backward()
    for branch in (network.radio, network.vision):
        assert all(weight.grad is None for weight in branch.slow.parameters())
        assert all(weight.grad.abs().max() > 0 for weight in branch.fast.parameters())


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_after_saving_and_loading_the_next_losses_are_the_same(momentum):
    network, file = trained(small(momentum=momentum), [batch(0), batch(1), batch(2)]), io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    again = small(momentum=momentum)
    again.load_state_dict(torch.load(file, weights_only=True))
    for seed in (3, 4):
        pair = [one(*batch(seed)) for one in (network, again)]
        assert torch.equal(*pair)
        assert pair[0] > 0
        trained(network, [batch(9)])
        trained(again, [batch(9)])


def test_self_labels_come_from_the_backbones_as_in_scl():
    pictures, radio, boxes = batch(5)
    network = small(masked=False).eval()
    own = network.attention(pictures, radio, boxes)
    assert not own.requires_grad
    with torch.no_grad():
        visual = network.vision.fast[0](prepared(pictures, boxes, True))
        visual = visual / visual.norm(dim=1, keepdim=True)
        features = network.radio.fast[0](radio)
        features = features / features.norm(dim=1, keepdim=True)
    for n, (x0, y0, x1, y1) in enumerate(boxes.tolist()):
        low_x, high_x = math.floor((x0 - MARGIN) / 4) - 1, math.ceil((x1 + MARGIN) / 4) + 1
        low_y, high_y = math.floor((y0 - MARGIN) / 4) - 1, math.ceil((y1 + MARGIN) / 4) + 1
        rows, columns = range(max(low_y, 0), min(high_y, 3)), range(max(low_x, 0), min(high_x, 4))
        assert len(rows) % 2 == 1  # else the window has a row more or less
        columns = columns if len(columns) % 2 else range(columns.start, columns.stop - 1)
        for y in range(3):
            for x in range(4):
                total = 0.0
                for j, v in enumerate(rows):
                    for i, u in enumerate(columns):
                        at = y + j - len(rows) // 2, x + i - len(columns) // 2
                        if 0 <= at[0] < 3 and 0 <= at[1] < 4:
                            total += float(features[n, :, at[0], at[1]] @ visual[n, :, v, u])
                mean = total / (len(rows) * len(columns))
                assert own[n, y, x].item() == pytest.approx(mean, abs=1e-5)


def test_the_defaults_are_the_papers():
    config = ClConfig()
    assert (config.temperature, config.projection, config.momentum) == (0.07, 64, 0)
    assert (config.queue, config.box_margin, config.cell_margin) == (32, 5, 1)
    assert small().radio.slow is None
