"""The answers of a fresh process beside those of the running model: what differs, by how much, and what that means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from torch import Tensor

from graph.text import Message, say
from runtime.export.proof import largest, scale
from runtime.export.referee import Question, Referee

TOLERANCE = {"pt": 1e-6, "python": 1e-6, "safetensors": 1e-6, "pt2": 1e-6, "onnx": 1e-5}
"""By format the difference that needs no explanation, as a share of the largest number in an answer.

The same sums in the same order differ by nothing; another program adds in another order.  Of a larger one
:class:`Referee` says whether it is rounding."""

TELLING = 10.0
"""How many times the accepted difference answers to different images must lie apart, or a mistake could hide in it."""

WRONG = {
    "run": say(
        "On the same random numbers it answers something else: by {d}, where its answers go up to {most} and rounding "
        "explains {allowed}."
    ),
    "example": say(
        "Its loading example answers something else than the model to the same picture: by {d}, where its answers go "
        "up to {most} and rounding explains {allowed}."
    ),
    "after": say(
        "The program beside it makes other detections of the same numbers: by {d}, where they go up to {most} and "
        "rounding explains {allowed}."
    ),
    "picture": say(
        "Its loading example prepares the picture otherwise than Canevas does: by {d}, where the values go up to "
        "{most} and rounding explains {allowed}."
    ),
    "weights": say("Its weights are not those of the model, first of all {name}."),
}
"""What is said of a difference, by what was compared."""

SHAPE = {
    "run": say("On the same random numbers it answers in another form, or with no numbers."),
    "example": say("Its loading example answers in another form than the model, or with no numbers."),
    "after": say("The program beside it makes another number of detections of the same numbers."),
    "picture": say("Its loading example gives the network a picture of another size than Canevas does."),
}
"""The same, where no difference can be measured."""

LITTLE = say(
    "Its answers to different images differ by {spread} only, and rounding explains {allowed}: this proof says little. "
    "Weights that were only drawn do that in a deep network; export it again when it has learned."
)


@dataclass(frozen=True)
class Compared:
    """What came of one comparison.

    Args:
        difference: the largest difference.
        accepted: what was accepted where it is.
        allowed: what was accepted of each tensor, by key.
        wrong: what is wrong, in words; None if all is within what was accepted.
    """

    difference: float
    accepted: float = 0.0
    allowed: Mapping[str, float] = field(default_factory=dict)
    wrong: Message | None = None


def compared(
    kind: str,
    ours: Mapping[str, Tensor],
    theirs: Mapping[str, Tensor],
    tolerance: float,
    question: Question | None = None,
    referee: Referee | None = None,
) -> Compared:
    """Whether *theirs* are *ours*: each within *tolerance* of its largest number, or as near to the exact answer.

    The *referee* is asked only where the tolerance does not do.
    """
    if set(ours) != set(theirs):
        return Compared(float("inf"), wrong=SHAPE[kind])
    apart = {key: largest(ours[key], theirs[key]) for key in ours}
    allowed = {key: tolerance * scale({key: ours[key]}) for key in ours}
    beyond = [key for key in ours if apart[key] > allowed[key]]
    judged = referee.judge(question) if beyond and question is not None and referee is not None else None
    if judged is not None:
        exact, errors = judged
        allowed = {key: max(errors[key], allowed[key]) for key in ours}
        beyond = [key for key in beyond if largest(exact[key], theirs[key]) > allowed[key]]
    most = max(apart, key=lambda key: apart[key], default="")
    found = Compared(apart.get(most, 0.0), allowed.get(most, 0.0), allowed)
    if not beyond:
        return found
    worst = max(beyond, key=lambda key: apart[key])
    if apart[worst] == float("inf"):
        return replace(found, wrong=SHAPE[kind])
    values = {"d": apart[worst], "most": scale({worst: ours[worst]}), "allowed": allowed[worst]}
    return replace(found, wrong=say(WRONG[kind].template, **{name: f"{value:.3g}" for name, value in values.items()}))


def little(ours: Mapping[str, Tensor], images: int, allowed: Mapping[str, float]) -> Message | None:
    """What is to be said of answers that hardly depend on the images, so that agreeing on them is no proof.

    Args:
        ours: the answers to some random images, by key; those with a row for each say something.
        images: how many these are.
        allowed: what was accepted of each.
    """
    rows = {key: one for key, one in ours.items() if one.shape[:1] == (images,) and one.is_floating_point()}
    if images < 2 or not rows:
        return None
    spreads = {key: float((one.amax(0) - one.amin(0)).max()) for key, one in rows.items() if one.numel()}
    if not spreads or any(spread >= TELLING * allowed[key] for key, spread in spreads.items()):
        return None
    key = max(spreads, key=lambda key: spreads[key])
    return say(LITTLE.template, spread=f"{spreads[key]:.3g}", allowed=f"{allowed[key]:.3g}")
