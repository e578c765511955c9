from bench.instructions import COUNTED
from bench.profiling import Function, functions, lines

FEW = """\
Ir                    file:function
1,000  PROGRAM TOTALS
  700  Python/ceval.c:eval [/usr/lib/libpython3.so.1.0]
  300  ???:start [/usr/bin/python3]
"""


def many(own: int, deep: int) -> list[str]:
    text = f"""\
        9,999,999  PROGRAM TOTALS
        {700 + own * COUNTED:,}  Python/ceval.c:eval [/usr/lib/libpython3.so.1.0]
        {deep * COUNTED:,}  Python/ceval.c:eval'2 [/usr/lib/libpython3.so.1.0]
        {5 * COUNTED:,}  build/x.c:CPyDef_accept
        300  ???:start [/usr/bin/python3]
        """
    return text.splitlines()


def test_what_the_start_takes_is_no_part_of_a_request_and_recursion_counts_once() -> None:
    found = functions([FEW.splitlines(), many(10, 20)], [FEW.splitlines(), many(90, 60)])
    assert found == [Function("eval [libpython3.so.1.0]", 30, 90), Function("CPyDef_accept", 5, 5)]


def test_the_table_says_the_share_of_each_function() -> None:
    head, first = lines([Function("eval", 40.0, 90.0)])
    assert head.endswith("function; 40 instructions a request")
    assert first.split() == ["40", "100.0%", "90", "eval"]
