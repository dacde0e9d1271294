"""`garim ledger`: what was done, on a log that strangers verify."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from garim.cli import report_logged
from garim.cli import told_ledger as told
from garim.cli.progress import bar
from garim.core.errors import Malformed, Misuse, Unreadable
from garim.files import refuse_clash, whole

if TYPE_CHECKING:
    from garim.core.vkey import VerifierKey
    from garim.ledger import Trust
    from garim.ledger.checkpoint import Checkpoint
    from garim.ledger.policy import Policy
    from garim.ledger.tiles import Read, Tree

app = typer.Typer(no_args_is_help=True, help="A transparency log: what was done, for strangers to verify offline.")

Ledger = Annotated[Path, typer.Argument(metavar="DIR", help="The ledger's folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the output where it exists.")]
Keys = Annotated[
    list[str],
    typer.Option(
        "--key", metavar="VKEY|FILE", help="The log's public key, which you had from a safe place; repeatable."
    ),
]
PolicyOption = Annotated[
    Path | None,
    typer.Option(
        "--policy", metavar="FILE", help="Logs, witnesses and the quorum that you trust (c2sp.org/tlog-policy)."
    ),
]


@app.command()
def init(
    folder: Ledger,
    *,
    origin: Annotated[str, typer.Option(help="The log's name for ever, as example.org/ledger; no person's name.")],
    as_json: Json = False,
) -> None:
    """Begin a ledger: DIR for everybody, DIR.private for you alone.

    Prints the public key. Give it to whoever is to verify, by a way that they trust; then they need only DIR.
    """
    from garim.core.vkey import refuse_name
    from garim.ledger import Log

    try:
        refuse_name(origin)
    except Malformed as error:
        raise Misuse(f"--origin {error}; nothing was begun") from None
    with Log.create(folder, origin) as log:
        told.begun(folder, log.vkeys, as_json=as_json)


@app.command()
def verify(
    log: Annotated[
        str, typer.Argument(metavar="DIR|URL|FILE", help="A ledger, its web address, or one entry's proof.")
    ],
    *,
    keys: Keys = [],  # noqa: B006 - typer asks for a list, and nobody changes it
    policy: PolicyOption = None,
    since: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The checkpoint that you kept on your last visit.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to keep the checkpoint for your next visit.")
    ] = None,
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Prove a ledger from its files and a public key alone; nothing is written to it, nothing of it is believed.

    Says, numbered, what is proved, and what files cannot prove. A FILE is what `garim ledger prove` made, a report of
    `garim redact --ledger`, or an answer of `garim corpus was-i-used`.

    Exit codes: 0 all of it holds; 1 something does not, and it says what; 2 misuse; 3 it could not be read.
    """
    from garim.ledger.verify import Trust
    from garim.ledger.verify import verify as proved

    trusted = _policy(policy)
    known = (*map(_key, keys), *(line.vkey for line in (trusted.logs if trusted else ())))
    if not known:
        raise Misuse("whom do you trust? --key takes the log's public key, --policy a file of keys; nothing was begun")
    trust = Trust(known, trusted, None if since is None else _visit(since))
    said = told.Steps(as_json=as_json)
    if Path(log).is_file():
        _refuse_visit(since, keep)
        with said.of(log):
            unproved = _verified_alone(_bytes(Path(log)), trust, said)
        said.done_proof(unproved)
        return
    if keep:
        refuse_clash(keep, [], force=force)
    with said.of(log), bar(log, unit="entries") as progress:
        audit = proved(_reader(log), trust, said=said, progress=progress)
    if keep:
        with whole(keep, force=force) as path:
            path.write_bytes(audit.checkpoint)
    said.done(audit, keep)


@app.command()
def prove(
    folder: Ledger,
    index: Annotated[int, typer.Argument(help="Which entry, from 0.")],
    *,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; if not given, stdout.")] = None,
    force: Force = False,
) -> None:
    """Print the proof that one entry is on the log (c2sp.org/tlog-proof), to be kept and checked without the log."""
    from garim.ledger.proof import prove as proven

    tree, _, checkpoint = _head(folder)
    proof = str(proven(tree, index, checkpoint))
    if output is None:
        typer.echo(proof, nl=False)
        return
    refuse_clash(output, [], force=force)
    with whole(output, force=force) as path:
        path.write_text(proof, "utf-8")
    typer.echo(f"{output}", err=True)


@app.command()
def show(
    folder: Ledger,
    *,
    last: Annotated[int, typer.Option(min=1, help="How many entries, counted from the end.")] = 20,
    kind: Annotated[str | None, typer.Option(help="Only entries of this kind.")] = None,
    as_json: Json = False,
) -> None:
    """Show a ledger's name, size, public keys and last entries. Nothing is proved: that is `verify`."""
    from garim.ledger import KINDS
    from garim.ledger.entry import read
    from garim.ledger.keys import load
    from garim.ledger.log import private

    if kind is not None and kind not in KINDS:
        raise Misuse(f"--kind {kind}: is one of {', '.join(KINDS)}")
    tree, head, _ = _head(folder)
    keys = tuple(signer.vkey for signer in load(private(folder) / "keys")) if private(folder).is_dir() else ()
    found = []
    for index in reversed(range(tree.size)):
        entry = read(tree.entry(index))
        if kind in (None, entry.kind):
            found.append((index, entry))
        if len(found) == last:
            break
    told.shown(head, keys, found[::-1], as_json=as_json)


@app.command()
def checkpoint(
    folder: Ledger,
    *,
    policy: PolicyOption = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for each witness.")] = 10.0,
    as_json: Json = False,
) -> None:
    """Ask witnesses to cosign the last checkpoint, and publish it with what they signed.

    The policy says whom to ask, and how many must; it is remembered for the next time.

    Exit codes: 0 published; 1 a witness has seen more, or something else: this ledger is an old copy; 3 no quorum.
    """
    from garim.ledger import Log
    from garim.ledger.newest import remember, remembered, witnessed

    with Log(folder) as log:
        wanted = remembered(folder) if policy is None else remember(log, _bytes(policy))
        if wanted is None:
            raise Misuse("--policy FILE: says which witnesses to ask; nothing was changed")
        told.cosigned(folder, witnessed(log, wanted, timeout=timeout), wanted, as_json=as_json)


@app.command()
def witness(
    state: Annotated[Path, typer.Argument(metavar="STATE", help="The witness's own folder: its keys and its memory.")],
    *,
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where to listen.")] = "127.0.0.1:8380",
    name: Annotated[str, typer.Option(help="The witness's name, as witness.example/w1; needed the first time.")] = "",
    logs: Annotated[
        list[str], typer.Option("--log", metavar="VKEY|FILE", help="A log's public key; its checkpoints are cosigned.")
    ] = [],  # noqa: B006 - as above
) -> None:
    """Be a witness (c2sp.org/tlog-witness): cosign what continues the log that was seen before, and nothing else.

    Runs until it is stopped. Whoever trusts its key will know that no other history was shown to anybody else.
    """
    from garim.ledger.witness_folder import kept
    from garim.ledger.witness_server import serve

    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise Misuse(f"--listen {listen}: is HOST:PORT, as 127.0.0.1:8380; nothing was begun")
    if not logs:
        raise Misuse("--log VKEY: says whose checkpoints to cosign; nothing was begun")
    known = tuple(map(_key, logs))
    signers, memory = kept(state, name)
    told.witness(listen, signers)
    try:
        serve(host.strip("[]"), int(port), memory, signers, known)
    except KeyboardInterrupt:  # how a witness ends
        typer.echo("stopped; what was cosigned is remembered", err=True)


def _reader(log: str) -> Read:
    from garim.ledger.folder import Folder
    from garim.ledger.site import site

    if "://" in log:
        return site(log)
    if not Path(log).is_dir():
        raise Misuse(f"{log}: there is no such folder; nothing was begun")
    return Folder(Path(log)).read


def _head(folder: Path) -> tuple[Tree, Checkpoint, bytes]:
    """A ledger's tree, its checkpoint, and that as it is signed; nothing of it is proved."""
    from garim.ledger.checkpoint import read
    from garim.ledger.folder import CHECKPOINT, Folder
    from garim.ledger.note import parse
    from garim.ledger.tiles import Tree

    files = Folder(folder)
    try:
        signed = files.read(CHECKPOINT)
    except FileNotFoundError:
        raise Misuse(f"{folder}: is no ledger: there is no checkpoint in it") from None
    head = read(parse(signed).text)
    return Tree(files.read, head.size), head, signed


def _verified_alone(octets: bytes, trust: Trust, said: told.Steps) -> tuple[str, ...]:
    """One entry's proof, or a receipt, alone or in a report, proved without the log; what that does not prove."""
    from garim.ledger import Proof
    from garim.ledger.receipt import Receipt
    from garim.ledger.verify import verify_proof, verify_receipt

    try:
        text = octets.decode()
        if not text.startswith("{"):
            return verify_proof(Proof.parse(text), trust, said=said)
        report = json.loads(text)
        if report.get("schema") == "garim-used-1":
            return _verified_answer(text, trust, said)
        receipt = Receipt.read(report["receipt"])
        unproved = verify_receipt(receipt, trust, said=said)
        if set(report) == {"receipt"}:  # of a traveller, say: there is nothing beside it that could differ
            return unproved
        report_logged.refuse_other_report(report, receipt)
        said("What the report says of frames, regions, rounds, style and check is what the entry says.")
        return (*unproved, "whatever else the report says: it is its maker's word")
    except (ValueError, KeyError, RecursionError):
        raise Malformed("neither the proof of an entry nor a receipt, alone or in a report") from None


def _verified_answer(text: str, trust: Trust, said: told.Steps) -> tuple[str, ...]:
    """What somebody was told of the use of their photos, each part proved; what that does not prove."""
    from garim.corpus.proving import prove
    from garim.corpus.used import read

    return prove(read(text), trust, said=said)


def _visit(path: Path) -> bytes:
    """The checkpoint that was kept at `path`."""
    from garim.ledger.checkpoint import read
    from garim.ledger.note import parse

    octets = _bytes(path)
    try:
        read(parse(octets).text)
    except Malformed as error:
        raise Misuse(f"--since {path}: is no checkpoint that was kept ({error}); nothing was begun") from None
    return octets


def _refuse_visit(since: Path | None, keep: Path | None) -> None:
    if since or keep:
        raise Misuse("--since and --keep go with a whole ledger, not with one entry's proof; nothing was begun")


def _key(word: str) -> VerifierKey:
    from garim.core.vkey import VerifierKey

    text = _bytes(Path(word)).decode("utf-8", "replace").strip() if Path(word).is_file() else word
    try:
        return VerifierKey.parse(text)
    except Malformed as error:
        raise Misuse(f"{word}: is no public key, nor a file of one ({error}); nothing was begun") from None


def _policy(path: Path | None) -> Policy | None:
    return None if path is None else _read_policy(path, _bytes(path))


def _read_policy(path: Path, octets: bytes) -> Policy:
    from garim.ledger.policy import read

    try:
        return read(octets)
    except Malformed as error:
        raise Misuse(f"{path}: {error}; nothing was begun") from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}; nothing was done") from None
