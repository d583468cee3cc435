import io
import math

import pytest
import torch
from torch import nn

from models.contrast import Projector, Queue, follow, one_sided_loss, slow_copy, spatial_loss


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def units(n, width, seed):
    vectors = random(n, width, seed=seed)
    return vectors / vectors.norm(dim=1, keepdim=True)


def equation_4(scores, temperature):
    """Return the loss of scores[radio map][picture], by sums."""
    n = len(scores)
    one = other = 0.0
    for i in range(n):
        true = math.exp(scores[i][i] / temperature)
        one -= math.log(true / sum(math.exp(scores[i][j] / temperature) for j in range(n)))
        other -= math.log(true / sum(math.exp(scores[j][i] / temperature) for j in range(n)))
    return (one / n + other / n) / 2


def equation_6(queries, keys, negatives, temperature):
    """Return the one-sided loss of rows of numbers, by sums."""

    def likeness(a, b):
        return math.exp(sum(x * y for x, y in zip(a, b, strict=True)) / temperature)

    loss = 0.0
    for query, key in zip(queries, keys, strict=True):
        true = likeness(query, key)
        loss -= math.log(true / (true + sum(likeness(query, other) for other in negatives)))
    return loss / len(queries)


@pytest.mark.parametrize("temperature", [0.07, 0.1, 1.0])
def test_the_spatial_loss_is_equations_3_and_4(temperature):
    scores = random(5, 5).tanh()
    loss = spatial_loss(scores, temperature).item()
    assert loss == pytest.approx(equation_4(scores.tolist(), temperature), rel=1e-5)
    assert spatial_loss(scores.T, temperature).item() == pytest.approx(loss)


def test_both_directions_count():
    confused = torch.zeros(3, 3)
    confused[:, 0] = 1.0  # every radio map likes picture 0, every picture likes all maps the same
    assert spatial_loss(confused, 0.1).item() == pytest.approx(equation_4(confused.tolist(), 0.1))
    assert spatial_loss(torch.eye(3), 0.01).item() == pytest.approx(0, abs=1e-6)
    assert spatial_loss(torch.zeros(4, 4), 0.1).item() == pytest.approx(math.log(4))


@pytest.mark.parametrize("n_negative", [0, 1, 7])
def test_the_one_sided_loss_is_equation_6(n_negative):
    query, key, negatives = units(4, 6, 1), units(4, 6, 2), units(n_negative, 6, 3)
    slow = equation_6(query.tolist(), key.tolist(), negatives.tolist(), 0.07)
    assert one_sided_loss(query, key, negatives, 0.07).item() == pytest.approx(slow, rel=1e-5)


@pytest.mark.parametrize("sizes", [(3, 3, 3), (2, 3, 1, 5), (7, 2), (5, 5, 9), (1,) * 8])
@pytest.mark.parametrize("size", [3, 5, 8])
def test_a_queue_holds_the_latest_keys_newest_batch_first(size, sizes):
    queue, slow = Queue(size, 4), torch.zeros(0, 4).tolist()
    assert queue.held().shape == (0, 4)
    for seed, n in enumerate(sizes):
        keys = units(n, 4, seed)
        queue.push(keys)
        slow = (keys.tolist() + slow)[:size]
        assert queue.held().tolist() == slow


def test_what_a_queue_held_does_not_change_under_a_loss():
    queue = Queue(3, 4)
    queue.push(units(3, 4, 0))
    query = units(2, 4, 1).requires_grad_()
    held = queue.held()
    before = held.clone()
    loss = one_sided_loss(query, units(2, 4, 2), held, 0.1)
    queue.push(units(2, 4, 3))
    loss.backward()  # complains if what it needs was written over
    assert torch.equal(held, before)
    assert not queue.keys.requires_grad


def test_a_queue_keeps_no_graph():
    queue = Queue(3, 4)
    queue.push(units(2, 4, 0).requires_grad_() * 2)
    assert not queue.held().requires_grad


@pytest.mark.parametrize("n_push", [0, 1, 4])
def test_a_queue_comes_back_from_a_file(n_push):
    queue, again, file = Queue(5, 4), Queue(5, 4), io.BytesIO()
    for seed in range(n_push):
        queue.push(units(2, 4, seed))
    torch.save(queue.state_dict(), file)
    file.seek(0)
    again.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(again.held(), queue.held())
    assert len(again.held()) == min(2 * n_push, 5)
    for one in (queue, again):
        one.push(units(2, 4, 9))
    assert torch.equal(again.held(), queue.held())


def test_a_projector_is_two_layers_to_a_unit_vector():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        projector = Projector(2 * 2 * 3, 5, 4)
    first, second = projector.first, projector.second
    for one, found in zip(random(3, 2, 2, 3), projector(random(3, 2, 2, 3)).tolist(), strict=True):
        flat = [one[c, y, x].item() for c in range(2) for y in range(2) for x in range(3)]
        hidden = [
            max(0.0, sum(w * x for w, x in zip(row, flat, strict=True)) + b)
            for row, b in zip(first.weight.tolist(), first.bias.tolist(), strict=True)
        ]
        out = [
            sum(w * x for w, x in zip(row, hidden, strict=True)) + b
            for row, b in zip(second.weight.tolist(), second.bias.tolist(), strict=True)
        ]
        length = math.sqrt(sum(value * value for value in out))
        assert found == pytest.approx([value / length for value in out], rel=1e-4, abs=1e-6)


def test_a_normed_projector_takes_off_what_all_frames_have_in_common():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        plain = Projector(60, 16, 8)
        torch.manual_seed(1)
        normed = Projector(60, 16, 8, normed=True)
    frames = 20 * random(1, 3, 4, 5) + random(32, 3, 4, 5, seed=1)
    first = normed.first(frames.flatten(1))
    hidden = (first - first.mean(0)) / (first.var(0, correction=0) + 1e-5).sqrt()
    expected = normed.second(hidden.clamp(min=0))
    expected = expected / expected.norm(dim=1, keepdim=True)
    torch.testing.assert_close(normed(frames), expected, rtol=1e-3, atol=1e-4)

    def alike(projector):
        """Return the mean cosine between the vectors of two frames."""
        vectors = projector(frames)
        return (((vectors @ vectors.T).sum() - 32) / (32 * 31)).item()

    assert alike(plain) > 0.95 and alike(normed) < 0.5


def test_a_slow_copy_follows_as_an_exponential_average():
    fast = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    slow = slow_copy(fast)
    assert not any(weight.requires_grad for weight in slow.parameters())
    assert all(weight.requires_grad for weight in fast.parameters())
    expected = [weight.tolist() for weight in map(torch.flatten, slow.parameters())]
    for step in range(3):
        with torch.no_grad():
            for weight in fast.parameters():
                weight.add_(random(*weight.shape, seed=step))
        fast(random(4, 1, 6, 6, seed=step) + step)  # moves the norms' means
        follow(slow, fast, 0.9)
        for n, (old, new) in enumerate(zip(expected, fast.parameters(), strict=True)):
            latest = new.flatten().tolist()
            expected[n] = [0.9 * a + 0.1 * b for a, b in zip(old, latest, strict=True)]
        for weight, wanted in zip(slow.parameters(), expected, strict=True):
            assert weight.flatten().tolist() == pytest.approx(wanted, rel=1e-5, abs=1e-6)
        for kept, buffer in zip(slow.buffers(), fast.buffers(), strict=True):
            assert torch.equal(kept, buffer)
    assert int(slow[1].num_batches_tracked) == 3  # type: ignore[index]
