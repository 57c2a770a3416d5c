"""The answers of README.md: which client for which workload, with figures from records."""

from figures import interval

# Clients to depend on, on the executor that most use. hyper@*, ureq-proto@* and floor@loop are not among them: they are
# measured with a pool, or with more, that is written here.
CLIENTS = ["reqwest@tokio", "hyper-util@tokio", "isahc@tokio", "ureq@threads"]
BLOCKING = ["ureq@threads", "reqwest-blocking@threads", "attohttpc@threads"]
AFTER_SURF = ["surf@async-std", "reqwest@tokio", "isahc@smol", "ureq@threads"]


def answers(record, tls, field, crowd):
    """Returns the table, and the links to the records that its figures are from."""
    keepalive = field.scenario("keepalive")
    rows = [
        ("A few slow sites", few_slow(record.scenario("article")), "a-few-slow-sites"),
        ("Many small pages", ranking(keepalive, CLIENTS), "many-small-pages"),
        ("A thousand at once", at_once(record.scenario("fan-out"), crowd.scenario("crowd")), "a-thousand-at-once"),
        ("https", https(tls), "https"),
        ("No async", ranking(keepalive, BLOCKING), "no-async"),
        ("Leaving async-std, surf", ranking(keepalive, AFTER_SURF), "leaving-async-std-and-surf"),
    ]
    lines = [f"| workload | time relative to `{keepalive.reference}` (95 % interval) | more |", "|---|---|---|"]
    lines += [f"| {workload} | {answer} | [why](docs/choosing.md#{anchor}) |" for workload, answer, anchor in rows]
    records = ", ".join(figures.link() for figures in (record, tls, field, crowd))
    return "\n".join(lines) + f"\n\nRecords: {records}.\n"


def few_slow(article):
    """Returns the most that any backend adds on slow sites, and what fetching one after another costs."""
    concurrent = [name for name in article.backends if article.ratio(name) and name != "ureq@sequential"]
    most = max(concurrent, key=lambda name: article.ratio(name)["high"])
    text = f"**any that fetches at once**; the slowest of them is `{most}` {interval(article.ratio(most))}"
    one_by_one = article.ratio("ureq@sequential")
    return text + (f"; one after another {interval(one_by_one)}" if one_by_one else "")


def at_once(fan_out, crowd):
    """Returns times with 1,000 fetches in flight, and the memory of each with 5,000."""
    held = [(name, crowd.backends.get(name, {}).get("memory_per_fetch_bytes")) for name in CLIENTS]
    memory = ", ".join(f"`{name}` {size / 1e3:.0f} kB" for name, size in held if size)
    return f"{ranking(fan_out, CLIENTS)}; memory/fetch with 5,000: {memory}"


def https(tls):
    """Returns times over kept connections, and with a handshake for each fetch."""
    kept, cold = tls.scenario("tls"), tls.scenario("tls-cold")
    return f"{ranking(kept, CLIENTS)}; a handshake for each fetch: {ranking(cold, CLIENTS)}"


def ranking(scenario, names):
    """Returns those of the backends that have an interval, the lowest ratio first and in bold."""
    ratios = {name: scenario.ratio(name) for name in names if scenario.ratio(name)}
    ordered = sorted(ratios, key=lambda name: ratios[name]["mean"])
    if not ordered:
        return f"no verdict in {scenario.record.name}"
    texts = [f"`{name}` {interval(ratios[name])}" for name in ordered]
    first, figure = texts[0].split(" ", 1)
    return ", ".join([f"**{first}** {figure}", *texts[1:]])
