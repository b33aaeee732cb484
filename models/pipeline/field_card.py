"""The card of a version whose head learnt from the field, written from the manifest."""

from __future__ import annotations

from typing import Any

from .card import percent

TEXT = """# Model card: {name} {version}

{name} {parent} with a new last layer: everything before it is byte for byte the same, so baselines stay valid.
How to use it, what the network is and where its limits are: see the card of {parent}.

- **Learnt from**: {windows} labelled field windows ({healthy} healthy, {faults} faults) of {machines} machines, worth {independent:.0f}
  independent ones; {left_out} more were left out. A replay of generated machines holds it near {parent}.
- **Threshold**: {threshold:.3f}.
- **Licence**: {licence}. The field data belong to who recorded them and are not part of the package.

## Measured

On windows that the judged head was not taught; the strength of the fit was chosen among four on the first row, which makes that row a little
too good.

| held out | windows | accuracy before | after (95 %) | detection before | after | false alarms before | after |
| --- | --- | --- | --- | --- | --- | --- | --- |
{rows}

Generated machines ({generated_windows} windows): accuracy {before} before, {after} after; detection {detection_before} and {detection_after}; false alarms {false_before} and {false_after}.
{golden}
## Limits, honestly

- It knows the field machines named above; on others the rows "generated" and "golden" are all that is known.
- Labels are people's. A wrong one teaches the wrong thing; the trial on the device decides, not this card.
"""


def field_card(manifest: dict[str, Any]) -> str:
    """Markdown of the card."""
    learnt, figures = manifest["trainingData"]["field"], manifest["evaluation"]
    known = figures["generated"]
    return TEXT.format(
        name=manifest["name"],
        version=manifest["version"],
        parent=manifest["parent"]["version"],
        licence=manifest["licence"],
        windows=learnt["windows"],
        healthy=learnt["labels"]["healthy"],
        faults=learnt["windows"] - learnt["labels"]["healthy"],
        machines=learnt["machines"],
        independent=learnt["independentWindows"],
        left_out=sum(learnt["leftOut"].values()),
        threshold=manifest["thresholds"]["anomalyScore"]["threshold"],
        rows="\n".join(row(title, figures["field"][key]) for title, key in (("other machines", "byMachine"), ("later times", "byTime"))),
        generated_windows=known["windows"],
        before=percent(known["before"]["accuracy"]),
        after=percent(known["after"]["accuracy"]),
        detection_before=percent(known["before"]["detection"]),
        detection_after=percent(known["after"]["detection"]),
        false_before=percent(known["before"]["falseAlarms"]),
        false_after=percent(known["after"]["falseAlarms"]),
        golden=golden_line(figures.get("golden")),
    )


def row(title: str, judged: dict[str, Any] | None) -> str:
    """One line of the table."""
    if judged is None:
        return f"| {title} | none: not enough of them | | | | | | |"
    before, after = judged["before"], judged["after"]
    low, high = after["accuracy95"]
    sure = f"{percent(after['accuracy'])} ({100 * low:.1f} to {100 * high:.1f})"
    return f"| {title} | {judged['windows']} | {percent(before['accuracy'])} | {sure} | {percent(before['detection'])} | {percent(after['detection'])} | {percent(before['falseAlarms'])} | {percent(after['falseAlarms'])} |"


def golden_line(figures: dict[str, Any] | None) -> str:
    """Right verdicts on the package's labelled set."""
    return "" if figures is None else f"Golden labelled set: {figures['rightBefore']} of {figures['windows']} right before, {figures['rightAfter']} after.\n"
