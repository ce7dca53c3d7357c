"""The experiments of the layer-peeled paper, run again: what is seen, and what is not."""

from __future__ import annotations

from ncverify.book.registry import claim
from ncverify.book.verdict import Evidence
from ncverify.evidence.experiments import Expectation, measured
from ncverify.evidence.workbench import Workbench
from ncverify.experiments import Run, layer_peeled, layer_peeled_flow, train

PAPER = "ji"

CENTRED = (
    "nc2.norm_variation",
    "nc2.norm_variation_classifier_centered",
    "nc2.cosine",
    "nc2.cosine_classifier_centered",
    "nc3.direction_centered",
)
UNCENTRED = ("nc1.norm_ratio", "nc2.norm_variation_classifier", "nc2.cosine_classifier", "nc3.direction")


def at(run: Run, name: str, log_time: float) -> float:
    """The measure at the first recorded time from ``log_time`` on."""
    return next(value for t, value in zip(run.log_times, run.measures[name], strict=True) if t >= log_time)


@claim(
    id="ulpm-figure-2",
    paper=PAPER,
    kind="published",
    place="section 4 and Figure 2 (K = 5, n = 10, d = 20, learning rate 5, 10^5 epochs)",
    title="The measures of Figure 2 decrease, but not yet like 1/log t",
    plain="Gradient descent with learning rate 5 on the mean loss: from epoch 100 on all measures of collapse of the "
    "figure decrease to epoch 10^5, where the within-class variation still has slope above -1/2 against log t and "
    "the distance to self-duality above -0.7, not the printed -1. On the sum loss the same step diverges.",
    latex=r"\mathrm{m}(t)\not\sim(\log t)^{-1}\ \text{by}\ t=10^5",
    scope="one random start in doubles",
    expected="tested",
    tags=["experiment"],
)
def ulpm_figure_2(bench: Workbench) -> None:
    """Gradient descent as printed, once with the mean and once with the sum of the losses."""

    def run() -> Evidence:
        descent = layer_peeled(seed=bench.settings.seed)
        diverging = layer_peeled(seed=bench.settings.seed, loss="sum", epochs=100)
        slopes = descent.slopes()
        decrease = [
            Expectation(f"{name}, last over epoch 100", values[-1] / at(descent, name, 4.6), "below", 0.95)
            for name, values in descent.measures.items()
        ]
        return measured(
            "gradient descent on the layer-peeled model",
            "K = 5, n = 10, d = 20, step 5, 10^5 epochs",
            [
                *decrease,
                Expectation("slope of nc1.norm_ratio", slopes["nc1.norm_ratio"], "above", -0.5),
                Expectation("slope of nc3.direction", slopes["nc3.direction"], "above", -0.7),
                Expectation("sum loss: last loss per sample", diverging.extra["loss"][-1], "above", 1e6),
            ],
            seed=bench.settings.seed,
            table=descent.table().splitlines(),
        )

    bench.add(run)


@claim(
    id="ulpm-rates",
    paper=PAPER,
    kind="corrected",
    place="corrects section 4: the rates that Figure 2 is said to show",
    title="In the long run: centred measures decay like 1/log t, the others like 1/sqrt(log t)",
    plain="Along the gradient flow to log t = 3000 the measures that are centred (class means, and classifiers minus "
    "their mean row) have slope -1 against log t. The within-class variation has slope -1/2, and so have the "
    "measures of the classifier as it is: its mean row is conserved, so it fades only as fast as the norm grows.",
    latex=r"\frac{d\log \mathrm{m}}{d\log\log t}\to-1\ \text{(centred)},\quad-\tfrac12\ \text{(otherwise)}",
    scope="one random start in doubles",
    depends=["conserved"],
    expected="tested",
    tags=["experiment"],
)
def ulpm_rates(bench: Workbench) -> None:
    """The flow in the variable log t, in which it is not slow."""

    def run() -> Evidence:
        flow = layer_peeled_flow(seed=bench.settings.seed)
        slopes = flow.slopes(tail=0.2)
        expected = []
        for names, slope in ((CENTRED, -1.0), (UNCENTRED, -0.5)):
            for name in names:
                expected.append(
                    Expectation(f"slope of {name} minus {slope}", abs(slopes[name] - slope), "below", 0.03)
                )
        drift = Expectation("relative drift of W^T W - H H^T", max(flow.extra["drift"]), "below", 1e-8)
        return measured(
            "gradient flow of the layer-peeled model to log t = 3000",
            "K = 5, n = 10, d = 20",
            [*expected, drift],
            seed=bench.settings.seed,
            table=flow.table().splitlines(),
        )

    bench.add(run)


@claim(
    id="real-training",
    paper=PAPER,
    kind="published",
    place="section 4 and Figure 3 (VGG-13 on FashionMNIST, no weight decay)",
    title="A trained network moves towards collapse",
    plain="A small convolutional network trained on the digits of scikit-learn without weight decay: in the terminal "
    "phase (no training errors) all four kinds of measures are below those of the first epoch. They fall slowly.",
    latex=r"\mathrm{m}(t)<\mathrm{m}(1)",
    scope="one network, one data set, 20 epochs, in single precision",
    expected="tested",
    tags=["experiment"],
    modules=["torch", "sklearn"],
)
def real_training(bench: Workbench) -> None:
    """Stochastic gradient descent; `ncverify experiment training` runs it for longer."""

    def run() -> Evidence:
        network = train("digits", epochs=20, seed=bench.settings.seed)
        falling = ("nc1.norm_ratio", "nc2.norm_variation", "nc2.cosine", "nc3.direction")
        return measured(
            "training a small convolutional network on digits",
            "1797 images of 8 x 8, 20 epochs",
            [
                Expectation("training error at the end", network.extra["training error"][-1], "below", 0.01),
                *(
                    Expectation(f"{name}, last over first", values[-1] / values[0], "below", 0.95)
                    for name, values in network.measures.items()
                    if name in falling
                ),
            ],
            seed=bench.settings.seed,
            table=network.table().splitlines(),
        )

    bench.add(run)
