"""bench-results.json, as bench/kit/report.cc writes it, for benchmarks that are scripts."""
import json
import os
import pathlib
import statistics

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def figure(unit, runs, conditions):
    return {"value": float(f"{statistics.median(runs):.6g}"), "unit": unit,
            "runs": [float(f"{value:.6g}") for value in runs], "conditions": conditions}


def write(figures):
    """Adds figures (name -> figure) to the results file, one on a line."""
    path = pathlib.Path(os.environ.get("SLUICE_BENCH_RESULTS", ROOT / "bench-results.json"))
    results = json.loads(path.read_text()) if path.exists() else {}
    results.update(figures)
    lines = (f"  {json.dumps(name)}: {json.dumps(results[name])}" for name in sorted(results))
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
