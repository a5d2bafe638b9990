"""The figure of paths: streams from step to step; of a comparison the differences as bars."""

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import PathDifference, PathNode, PathsAnswer, Picked, WholePath
from ethogram.show.charts.bars import Bar, bars
from ethogram.show.charts.theme import FONT, Palette, base


def title(answer: PathsAnswer) -> str:
    """The question in words."""
    start, end = answer.asked.start, answer.asked.end
    if answer.difference:
        return "Where do the two ways part?"
    if start and end:
        return f"How do people get from {_name(start)} to {_name(end)}?"
    if start:
        return f"What do people do after {_name(start)}?"
    return f"What leads people to {_name(end)}?" if end else "What do people do one after another?"


def headline(answer: PathsAnswer) -> str:
    """The answer as one sentence, and a caution where people are few."""
    when = words.asked_range(answer.asked)
    if answer.paths is None:
        return f"{words.UNTOLD}{when}."
    if not answer.paths:
        return f"There is no such path{when}."
    of = f"{words.counted(answer.paths, 'path')} of {words.people(answer.people)}"
    if answer.difference and answer.difference[0].difference is not None:
        most = answer.difference[0]
        a, b = (words.share(share) for share in most.shares)
        said = f"{_step(most)}: {a} of the first's paths and {b} of the second's{when}"
        return f"The largest difference is {said}.{words.caution(answer.people)}"
    top = [each for each in answer.top or [] if len(each.path) > 1]
    if top:
        said = f"{words.share(top[0].count / answer.paths)} of {of} go {_way(top[0])}"
        return f"{said}{when}.{words.caution(answer.people)}"
    said = ": no two events" if answer.top and not answer.edges else ""
    return f"{of}{said}{when}.{words.caution(answer.people)}"


def option(answer: PathsAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option."""
    head = base(palette, headline(answer))
    if answer.difference:
        return {**head, **bars([_bar(each) for each in answer.difference], palette)}
    return {**head, "series": [_streams(answer, palette)]}


def _streams(answer: PathsAnswer, palette: Palette) -> dict[str, Json]:
    linked = {(edge.step, edge.from_) for edge in answer.edges}
    linked |= {(edge.step + 1, edge.to) for edge in answer.edges}
    colours = _colours(answer, palette)
    first = min((node.step for node in answer.nodes), default=1)
    return {
        "type": "sankey",
        "left": 8,
        "right": 140,
        "top": 8,
        "bottom": 8,
        "nodeGap": 12,
        "layoutIterations": 0,
        "emphasis": {"focus": "adjacency"},
        "lineStyle": {"color": "source", "opacity": 0.3},
        "label": {"color": palette.text, "fontFamily": FONT, "width": 130,
                  "overflow": "truncate"},
        "data": [
            {"name": _place(node.step, node.node), "depth": node.step - first,
             "value": node.count,
             "itemStyle": {"color": colours.get(node.node, palette.quiet)},
             "label": {"formatter": _said(node)}}
            for node in answer.nodes if (node.step, node.node) in linked
        ],
        "links": [
            {"source": _place(edge.step, edge.from_), "target": _place(edge.step + 1, edge.to),
             "value": edge.count}
            for edge in answer.edges
        ],
    }  # fmt: skip


def _colours(answer: PathsAnswer, palette: Palette) -> dict[str, str]:
    """The same event has the same colour at every step; the most frequent ones have one."""
    often: dict[str, int] = {}
    for node in answer.nodes:
        if node.people is not None or node.count is None:
            often[node.node] = often.get(node.node, 0) + (node.count or 0)
    names = sorted(often, key=lambda name: (-often[name], name))
    return dict(zip(names, palette.series, strict=False))


def _bar(difference: PathDifference) -> Bar:
    points = 100 * (difference.difference or 0)
    sign = "+" if points > 0 else ""
    return Bar(_step(difference), round(points, 3), f"{sign}{points:.1f} points")


def _step(difference: PathDifference) -> str:
    return f"{difference.step}. {difference.from_} → {difference.to}"


def _place(step: int, node: str) -> str:
    return f"{step}. {node}"


def _said(node: PathNode) -> str:
    """A node's label; braces would be read as a pattern of ECharts."""
    name = node.node.replace("{", "(").replace("}", ")")
    return name if node.count is None else f"{name} · {node.count:,}"


def _way(whole: WholePath) -> str:
    return " → ".join(whole.path)


def _name(event: Picked) -> str:
    return event.event or "any event"
