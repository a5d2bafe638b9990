"""The largest value that one of some unknown numbers may have, by exact linear programming.

The two-phase simplex method over fractions, with Bland's rule so that it ends.
"""

from fractions import Fraction


def largest(equations, variable):
    """The most that ``variable`` can be, or None where nothing bounds it.

    ``equations`` are (coefficients by variable, right side); all variables are 0 or more. The
    equations must hold for some numbers.
    """
    names = [*dict.fromkeys([*(name for terms, _ in equations for name in terms), variable])]
    rows = []
    for terms, right in equations:
        sign = -1 if right < 0 else 1
        rows.append(
            [Fraction(sign * terms.get(name, 0)) for name in names] + [Fraction(sign * right)]
        )
    n, m = len(names), len(rows)
    table = [row[:n] + [Fraction(i == j) for j in range(m)] + row[n:] for i, row in enumerate(rows)]
    basis = [n + i for i in range(m)]
    goal = [-sum(row[j] for row in table) for j in range(n)] + [Fraction(0)] * m
    goal.append(-sum(row[-1] for row in table))
    assert _improve(table, basis, goal, n + m)
    assert goal[-1] == 0, "the equations contradict each other"
    for i in range(m):
        if basis[i] >= n:
            for j in range(n):
                if table[i][j] != 0:
                    _pivot(table, basis, [], i, j)
                    break
    kept = [i for i in range(m) if basis[i] < n]
    table = [table[i][:n] + table[i][-1:] for i in kept]
    basis = [basis[i] for i in kept]
    goal = [Fraction(-(name == variable)) for name in names] + [Fraction(0)]
    for row, b in zip(table, basis, strict=True):
        factor = goal[b]
        goal = [a - factor * c for a, c in zip(goal, row, strict=True)]
    return goal[-1] if _improve(table, basis, goal, n) else None


def _improve(table, basis, goal, width):
    """Pivot until nothing improves; False where there is no end to it."""
    while True:
        enters = next((j for j in range(width) if goal[j] < 0), None)
        if enters is None:
            return True
        ratios = [
            (row[-1] / row[enters], basis[i], i) for i, row in enumerate(table) if row[enters] > 0
        ]
        if not ratios:
            return False
        _pivot(table, basis, goal, min(ratios)[2], enters)


def _pivot(table, basis, goal, i, j):
    table[i] = [value / table[i][j] for value in table[i]]
    for h, row in enumerate(table):
        if h != i and row[j] != 0:
            factor = row[j]
            table[h] = [a - factor * b for a, b in zip(row, table[i], strict=True)]
    if goal:
        factor = goal[j]
        goal[:] = [a - factor * b for a, b in zip(goal, table[i], strict=True)]
    basis[i] = j
