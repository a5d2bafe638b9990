"""Standing bars, side by side or one upon the other: what several figures draw."""

from collections.abc import Sequence

from ethogram.events.event import Json
from ethogram.show.charts.theme import Palette, axis, grid, legend


def columns(
    palette: Palette,
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[Json]]],
    *,
    name: str,
    stacked: bool = False,
) -> dict[str, Json]:
    """Bars over ``labels``, of one or several ``series``; ``name`` stands below the labels.

    Bars that are ``stacked`` stand upon each other, those below zero apart from those above.
    """
    return {
        **legend(palette, [each for each, _ in series]),
        "grid": grid(bottom=72 if len(series) > 1 else 40),
        "xAxis": axis(palette, type="category", data=list(labels), name=name,
                      nameLocation="middle", nameGap=32, axisLabel={"hideOverlap": True}),
        "yAxis": axis(palette, type="value", splitLine={"lineStyle": {"color": palette.line}}),
        "series": [
            {"type": "bar", "name": each, "data": list(values), "barMaxWidth": 40,
             **({"stack": "all"} if stacked else {})}
            for each, values in series
        ],
    }  # fmt: skip
