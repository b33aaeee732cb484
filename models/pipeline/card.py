"""The model card, written from the manifest, so that its figures cannot differ from what was measured."""

from __future__ import annotations

from typing import Any

TEXT = """# Model card: listener {version}

Listens to one vibration window (8192 samples at 12 kHz, 0.68 s) and compares it with the same machine when healthy.

- **Outputs**: probabilities of {classes}; a 512-value embedding; the frame (2 x 32 x 128); a gain-free mean
  spectrum of 32 bands for a distance detector that needs no network.
- **Network**: ResNet-18 (11.2 M parameters), 4 x 32 x 128 input, INT8 (QDQ, per-channel weights of 7 bits, uint8 activations).
  The frame is computed inside the graph, in float32; so are pooling and classifier.
- **Training data**: {description} No real recording was used for training, calibration, or for choosing the threshold.
  Honesty: the generator was extended once (damage without a rhythm) after a first model had missed such faults in the
  recordings below. Only recordings never looked at can confirm the figures.
- **Licence**: Apache-2.0.

## Use

1. Resample to 12 kHz as the manifest says. Any unit and any gain will do.
2. While the machine is healthy, collect at least 10 windows (better 37) and average the output `frame`: the `healthy_frame`.
   It is valid for one sensor, one machine and one speed (3 to 5 %). Build it with this very INT8 model.
3. Anomaly score = 1 - P(healthy). Alarm above {threshold:.3f}, three windows in a row, together with the spectrum distance.
4. `shaft_hz` = 0 when the speed is unknown: orders are then taken as if the shaft turned at 25 Hz.
5. With an all-zero `healthy_frame` the answer is a hint at a fault type at most. Never alarm on it.

## Measured

{generated}

{real}
{latency}
## Limits, honestly

- The generator decides what the network knows. Laboratory faults are loud; early natural wear is not in these figures.
- The fault type is a hint. The network does not know the bearing's geometry; inner race, outer race and ball are often confused, see the recalls above.
- The class "shaft" (unbalance, misalignment, looseness) was never tried on a real machine.
- The CWRU normal recording is 2.5 s long: its false-alarm figure rests on one independent window and proves nothing.
- UESTC rests on 111 half-overlapping normal windows of one rig: 1 false alarm of 111 has a 95 % interval of 0.02 to 4.9 %.
- A silent or dead sensor gives a finite but meaningless answer: check the signal before asking the network.
- A new speed needs its own baseline. A baseline at another speed gives false alarms.
- {wear}
- One training run, one seed: differences of a few points between versions are not proof.
"""


def card(manifest: dict[str, Any]) -> str:
    """Markdown of the card."""
    evaluation = manifest["evaluation"]
    return TEXT.format(
        version=manifest["version"],
        classes=", ".join(manifest["classes"]),
        description=manifest["trainingData"]["description"],
        threshold=manifest["thresholds"]["anomalyScore"]["threshold"],
        generated=generated_table(evaluation["generated"]),
        real="\n".join(real_table(name, figures) for name, figures in evaluation.get("real", {}).items() if "methods" in figures),
        latency=latency_table(evaluation.get("latency")),
        wear=wear_line(evaluation.get("real", {}).get("femto")),
    )


def percent(value: float | None) -> str:
    """A share, or a dash."""
    return "-" if value is None else f"{100 * value:.1f} %"


def generated_table(figures: dict[str, Any]) -> str:
    """Held-out generated machines."""
    test = figures["test"]
    at = figures["atThreshold"]
    rows = [
        f"Held-out generated machines ({test['machines']}; {test['faultWindows']} fault windows of -10 to +16 dB, {test['healthyWindows']} healthy; gain, noise, load and drift differ from the baseline):",
        "",
        "| method | detection | false alarms | AUROC |",
        "| --- | --- | --- | --- |",
        f"| arg-max | {percent(test['argmaxDetection'])} ({percent(test['argmaxDetectionFault0dBAndLouder'])} at 0 dB and louder) | {percent(test['argmaxFalseAlarms'])} | {test['auroc']:.3f} |",
        f"| score > {at['threshold']:.3f} | {percent(at['detection'])} | {percent(at['falseAlarms'])} | |",
        f"| RMS limit | {percent(test['rmsLimitDetection'])} | {percent(test['rmsLimitFalseAlarms'])} | |",
        "",
        "Recall: " + ", ".join(f"{name} {value:.2f}" for name, value in test["recall"].items()) + f". INT8 and FP32 agree on {percent(figures['int8Agreement'])} of the windows.",
    ]
    return "\n".join(rows)


def real_table(name: str, figures: dict[str, Any]) -> str:
    """One set of real recordings."""
    rows = [
        f"Real recordings, {name} ({figures['faultWindows']} fault, {figures['normalWindows']} normal windows, split by recording). Disturbed: gain 0.5 to 2 and white noise of the healthy RMS on the judged windows, clean baseline:",
        "",
        "| method | detection | false alarms | AUROC | disturbed: detection | false alarms |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for method, row in figures["methods"].items():
        noisy = figures["gainAndNoise"]["methods"][method]
        auroc = "-" if row["auroc"] is None else format(row["auroc"], ".3f")
        rows.append(f"| {method} | {percent(row['detection'])} | {percent(row['falseAlarms'])} | {auroc} | {percent(noisy['detection'])} | {percent(noisy['falseAlarms'])} |")
    if "typeMacroF1" in figures:
        rows += ["", f"Fault type, macro-F1 {figures['typeMacroF1']:.2f}; recall: " + ", ".join(f"{kind} {value:.2f}" for kind, value in figures["typeRecall"].items()) + "."]
    return "\n".join([*rows, ""])


def latency_table(latency: dict[str, Any] | None) -> str:
    """INT8 against FP32."""
    if latency is None:
        return ""
    rows = [f"Latency, batch 1, p50 (onnxruntime CPU, 2-core x86-64 VM, AVX512-VNNI, other processes beside it); INT8 file {percent(latency['sizeRatio'])} of FP32:", "", "| threads | INT8 | FP32 | speed-up | frame part |", "| --- | --- | --- | --- | --- |"]
    for threads in ("1", "2"):
        row = latency[f"threads{threads}"]
        rows.append(f"| {threads} | {row['int8']['p50Ms']:.2f} ms | {row['fp32']['p50Ms']:.2f} ms | {row['speedUp']:.2f} | {row['frame']['p50Ms']:.2f} ms |")
    return "\n".join([*rows, "", ""])


def wear_line(femto: dict[str, Any] | None) -> str:
    """What happens over a bearing's life."""
    if femto is None:
        return "Over a long life the score may rise with harmless drift; not measured here."
    runs = ", ".join(f"{run} {percent(row['scoreAlarmsQuarterToHalfLife'])} (spectrum {percent(row['spectrumAlarmsQuarterToHalfLife'])})" for run, row in femto.items())
    return f"Over a bearing's life (FEMTO) the score is above the threshold in this share of the windows at 25 to 50 % of life: {runs}. Early wear or harmless drift: nobody can tell from these runs. Expect too many alarms from the score alone."
