"""What the live path promises, by number, and which tests prove it: ``python -m tests.promises`` writes the page.

A test proves a row by the mark ``@pytest.mark.promise("C1")``; several numbers may stand in one mark, and a parametrised case may
carry marks of its own. ``test_promises.py`` keeps page, rows and marks in step.
"""
