"""Linear evaluation: what a linear classifier tells from frozen radio features.

Alloulah, Singh and Arnold, "Self-Supervised Radio-Visual Representation Learning for 6G Sensing",
ICC 2022, score by "the common linear classification benchmark". That of He et al., "Momentum
Contrast", CVPR 2020, section 4.1, averages the features over all cells, and so is done here.
Against it stands the same network trained from scratch on the same labels. Which classes there are:
`benchmark.tasks.classes`.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn
from torch.nn import functional

from benchmark.context import Context
from benchmark.errors import DRAWS
from benchmark.job import Job, Measured, make_row
from benchmark.pairs import Pair
from benchmark.rows import Row
from benchmark.sources import Shuffled, Source
from benchmark.tasks.classes import CLASSIFICATIONS, Classes
from benchmark.tasks.encoders import backbones, check_encoder, features, seconds_to_learn
from benchmark.tasks.task import Task
from benchmark.training import Schedule, as_long
from models.cl import Cl
from models.scl import Scl
from models.vgg import Backbone

SUPERVISED = "supervised"
PERCENT = (1, 2, 5, 10, 20, 50, 100)  # of the train split's frames
ACCURACY, CHANCE = "accuracy", "chance"
ITERATIONS = 10_000  # of the logistic regression, at most
Numbers = NDArray[np.int64]


class LinearNetwork(nn.Module):
    """A radio backbone, the mean over its cells, and a linear layer."""

    def __init__(self, backbone: Backbone, n_class: int) -> None:
        super().__init__()
        self.backbone, self.head = backbone, nn.Linear(backbone.config.width, n_class)

    def forward(self, classes: Tensor, radio: Tensor) -> Tensor:
        """Return the cross-entropy with the classes (b,) of radio maps (b, 1, height, width)."""
        return functional.cross_entropy(self.logits(radio), classes)

    def logits(self, radio: Tensor) -> Tensor:
        """Return logits (b, n_class)."""
        found: Tensor = self.head(self.backbone(radio).mean((2, 3)))
        return found


def check(method: str) -> None:
    """Raise MethodError if a method has no radio backbone."""
    check_encoder("linear", method, (SUPERVISED,))


def seconds(job: Job, train: Source, context: Context) -> float:
    """Return about how long a seed trains [s]; networks from scratch, as if no class were alone."""
    if job.method != SUPERVISED:
        return seconds_to_learn(job.method, train, context)
    every = np.arange(len(train))
    task = new_task(np.zeros(len(train), np.int64), every, train, context)
    return len(CLASSIFICATIONS) * len(PERCENT) * context.seconds("linear", *task)


def run(job: Job, train: Source, test: Source, context: Context) -> list[Row]:
    """Return accuracies for each classification that has two classes, and share of labels."""
    pooled = None
    if job.method != SUPERVISED:
        network = backbones(job.method, train, context)
        pooled = pooled_features(network, train, context), pooled_features(network, test, context)
    rows = []
    for kind, classify in CLASSIFICATIONS.items():
        classes = classify(train, test)
        if len(set(classes.train.tolist())) < 2:
            only = classes.names[classes.train[0]]
            context.say(f"{kind}: skipped, all {len(train)} train frames are {only!r}")
            continue

        def row(metric: str, right: NDArray[np.bool_], variant: str) -> Row:
            rng = np.random.default_rng([context.seed, len(right)])
            found = accuracy(right, test.pairs.sequence_of, rng)
            return make_row(job, context, test, metric, found, "%", job.variant(variant))

        rows.append(row(CHANCE, classes.chance, kind))
        for percent in PERCENT:
            chosen = drawn(classes.train, percent, context.seed)
            if pooled is None:
                told = trained(f"linear-{kind}-{percent}", classes, chosen, train, test, context)
            else:
                told = fitted(pooled[0][chosen], classes.train[chosen], pooled[1])
            rows.append(row(ACCURACY, told == classes.test, f"{kind}, {percent} %"))
            context.say(
                f"{job.method}, seed {context.seed}, {kind}, {percent} % of the labels: "
                f"{rows[-1].value:.1f} % right"
            )
    return rows


def pooled_features(network: Scl | Cl, source: Source, context: Context) -> NDArray[np.float64]:
    """Return the mean over all cells of the radio features (n, channels) of a split."""
    means = [cells.mean((2, 3)).cpu() for cells in features(network, "radio", source, context)]
    return torch.cat(means).double().numpy()


def drawn(classes: Numbers, percent: float, seed: int) -> Numbers:
    """Return the numbers (n,) of the frames that are labelled, drawn by a seed, in order.

    One of every class comes first, as far as they go; and what is drawn for a share is part of
    what is drawn for a larger one.
    """
    order = np.random.default_rng([seed, 2]).permutation(len(classes))
    first = np.unique(classes[order], return_index=True)[1]
    order = np.concatenate([order[np.sort(first)], np.delete(order, first)])
    number = min(max(round(percent / 100 * len(classes)), 2), len(classes))
    return np.asarray(np.sort(order[:number]))


def fitted(known: NDArray[np.float64], classes: Numbers, asked: NDArray[np.float64]) -> Numbers:
    """Return the classes (m,) that logistic regression on standardised features gives.

    Args:
        known: (n, d) features of labelled frames.
        classes: (n,) theirs.
        asked: (m, d) features of others.
    """
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=ITERATIONS))
    return np.asarray(model.fit(known, classes).predict(asked))


def trained(
    stage: str, classes: Classes, chosen: Numbers, train: Source, test: Source, context: Context
) -> Numbers:
    """Return the classes (m,) that a network gives which was trained on labelled frames alone.

    It is given as many steps as if all frames were labelled: few labels are not less training.

    Args:
        stage: Name of the checkpoint.
        classes: Of both splits.
        chosen: (n,) numbers of the labelled frames.
        train: The split they are of.
        test: The split to classify.
        context: Of the run.
    """
    network, batches, schedule = new_task(classes.train, chosen, train, context)
    context.train(stage, network, batches, schedule)
    network.eval()
    found = []
    with torch.no_grad():
        for batch in test.in_order(context.preset.backbones.batch):
            found.append(network.logits(context.fabric.to_device(batch.radio)).argmax(1).cpu())
    return torch.cat(found).numpy()


def new_task(
    classes: Numbers, chosen: Numbers, train: Source, context: Context
) -> tuple[LinearNetwork, Shuffled, Schedule]:
    """Return a network with weights by the seed, what it learns from, and how; see `trained`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(context.seed)
        network = LinearNetwork(Backbone(context.preset.radio, 1), int(classes.max()) + 1)
    label = torch.from_numpy(classes)

    def take(batch: Pair) -> tuple[Tensor, ...]:
        return label[batch.frame], batch.radio

    usual = context.preset.backbones
    batches = Shuffled(train, chosen, min(usual.batch, len(chosen)), take)
    schedule = as_long(usual, len(train), batches)
    return network, batches, replace(schedule, batch=batches.size)


def accuracy(right: NDArray[np.bool_], sequence: Numbers, rng: np.random.Generator) -> Measured:
    """Return the share [%] of frames that are right, with its interval.

    Whole sequences are drawn with replacement, as in `benchmark.errors.percentile`.

    Args:
        right: (n,) of each frame.
        sequence: (n,) of each frame.
        rng: Of the draws.
    """
    group = np.unique(sequence, return_inverse=True)[1]
    total, good = np.bincount(group), np.bincount(group, right.astype(float))
    if len(total) < 2:
        return Measured(float(100 * right.mean()), math.nan, math.nan)
    chosen = rng.integers(len(total), size=(DRAWS, len(total)))
    low, high = np.quantile(good[chosen].sum(1) / total[chosen].sum(1), [0.025, 0.975])
    return Measured(float(100 * right.mean()), float(100 * low), float(100 * high))


TASK = Task(check, seconds, run)
