"""The store of trust: what comes in, what stays, what goes; and what happens to it when a machine fails."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.gate.passport.certificates import Holder, csca, day, document_signer, link, revocation_list
from tests.gate.passport.files import dump
from tests.gate.passport.pki import made_master_list
from tests.gate.passport.suites import USUAL
from tests.gate.passport.test_ldif import folded

from garim.core.errors import Disproved, Misuse, Unreadable, Unwritable
from garim.gate.passport.adding import Added, add, add_certificate, add_crl, add_list, read_certificate, read_crl
from garim.gate.passport.certificate import Certificate, certificate
from garim.gate.passport.chain import chained
from garim.gate.passport.held import Kind
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.revocation import revoked
from garim.gate.passport.trust import NAME, TrustStore, opened, own

NOW = day(2026, 6)
KOREA, JAPAN = csca("KR", USUAL), csca("JP", USUAL)
SIGNER = document_signer(KOREA, USUAL, "KR", serial=77)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TrustStore]:
    with opened(tmp_path / "trust", new=True) as made:
        yield made


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def master(folder: Path, *listed: Holder, country: str = "DE", month: int = 5) -> tuple[Path, list[Certificate]]:
    """A master list's file, and the root under which it stands."""
    data, root = made_master_list(
        [one.certificate for one in listed], country=country, signed_at=day(2026, month), label=country
    )
    return put(folder / f"{country}-{month}.ml", data), [certificate(root.certificate)]


def crl(folder: Path, *serials: int, root: Holder = KOREA, month: int = 5) -> Path:
    data = revocation_list(root, serials, issued=day(2026, month), next_update=day(2026, 9))
    return put(folder / f"{month}.crl", data)


def bring(
    store: TrustStore, folder: Path, *listed: Holder, country: str = "DE", month: int = 5, older: bool = False
) -> Added:
    path, roots = master(folder, *listed, country=country, month=month)
    return add_list(store, path, roots, at=NOW, older=older)


def test_the_german_list_comes_in_and_a_document_is_looked_up_without_reading_it_all(store: TrustStore) -> None:
    roots = [read_certificate(dump("masterlist/de_root.cer"))]
    added = add_list(store, dump("masterlist/de.ml"), roots, at=NOW)
    assert (added.read, added.chaining, len(store.countries)) == (588, 573, 112)
    (held,) = store.listed()
    assert held == added.held[0]
    assert (held.kind, held.country, held.read, held.trusted, len(held.left_out)) == (Kind.LIST, "DE", 588, 573, 15)
    assert roots[0] in store.candidates(roots[0].issuer_der, None)
    assert {one.extensions.ski for one in store.candidates(b"", roots[0].extensions.ski)} == {roots[0].extensions.ski}
    assert store.remove(held.id[:12]) == held
    assert (store.listed(), store.countries) == ((), frozenset())


def test_lookups_go_by_an_index(store: TrustStore, tmp_path: Path) -> None:
    bring(store, tmp_path, KOREA)
    asked = (
        "EXPLAIN QUERY PLAN SELECT der FROM certificates "
        "WHERE (name = ? OR ski = ?) AND sha256 IN (SELECT sha256 FROM trusted)"
    )
    with sqlite3.connect(tmp_path / "trust" / NAME) as reader:
        plan = " ".join(str(row) for row in reader.execute(asked, (b"", b"")))
    reader.close()
    assert "by_name" in plan
    assert "by_key" in plan


def test_what_chains_is_trusted_and_what_does_not_is_only_named(store: TrustStore, tmp_path: Path) -> None:
    lost = link(csca("FR", USUAL, label="new"), csca("FR", USUAL, label="gone"))
    added = bring(store, tmp_path, KOREA, lost)
    assert (added.read, added.chaining) == (3, 2)
    assert [(out.sha256, out.reason, out.country) for out in added.held[0].left_out] == [
        (lost.sha256, Reason.UNKNOWN_ISSUER, "FR")
    ]
    assert store.countries == {"KR", "DE"}
    assert chained(certificate(SIGNER.certificate), store, at=NOW).csca.sha256 == KOREA.sha256
    with pytest.raises(Refused):
        chained(certificate(document_signer(lost, USUAL, "FR").certificate), store, at=NOW)


def test_it_is_the_same_when_opened_again(tmp_path: Path) -> None:
    with opened(tmp_path / "t", new=True) as store:
        bring(store, tmp_path, KOREA)
        add_crl(store, crl(tmp_path, 77), at=NOW)
        listed = store.listed()
    with opened(tmp_path / "t") as store:
        assert store.listed() == listed
        assert [one.kind for one in listed] == [Kind.LIST, Kind.CRL]
        assert chained(certificate(SIGNER.certificate), store, at=NOW).csca.sha256 == KOREA.sha256


def test_a_newer_list_of_a_country_takes_the_older_ones_place(store: TrustStore, tmp_path: Path) -> None:
    (old,) = bring(store, tmp_path, KOREA, JAPAN, month=4).held
    added = bring(store, tmp_path, KOREA, month=5)
    assert added.replaced == (old.id,)
    assert store.countries == {"KR", "DE"}, "Japan's was withdrawn"
    assert len(store.listed()) == 1


def test_an_older_list_comes_in_only_when_that_is_asked(store: TrustStore, tmp_path: Path) -> None:
    bring(store, tmp_path, KOREA, month=5)
    with pytest.raises(Misuse, match="--older"):
        bring(store, tmp_path, JAPAN, month=4)
    assert store.countries == {"KR", "DE"}
    bring(store, tmp_path, JAPAN, month=4, older=True)
    assert store.countries == {"JP", "DE"}


def test_the_same_list_again_changes_nothing(store: TrustStore, tmp_path: Path) -> None:
    bring(store, tmp_path, KOREA)
    before = store.listed()
    assert bring(store, tmp_path, KOREA).replaced == ()
    assert store.listed() == before


def test_lists_of_two_countries_stand_beside_each_other_and_go_one_by_one(store: TrustStore, tmp_path: Path) -> None:
    (german,) = bring(store, tmp_path, KOREA, JAPAN).held
    (dutch,) = bring(store, tmp_path, KOREA, country="NL").held
    store.remove(german.id)
    assert store.countries == {"KR", "NL"}, "the Dutch list still stands for Korea's"
    store.remove(dutch.id)
    assert store.countries == frozenset()


@pytest.mark.parametrize("beginning", ["", "zz", "%", "0123456789"])
def test_only_what_is_named_is_removed(store: TrustStore, tmp_path: Path, beginning: str) -> None:
    bring(store, tmp_path, KOREA)
    with pytest.raises(Misuse):
        store.remove(beginning)
    assert len(store.listed()) == 1


def test_a_list_whose_root_is_not_named_leaves_the_store_as_it_was(store: TrustStore, tmp_path: Path) -> None:
    path, _ = master(tmp_path, KOREA)
    with pytest.raises(Refused):
        add_list(store, path, [certificate(KOREA.certificate)], at=NOW)
    with pytest.raises(Misuse, match="--root"):
        add_list(store, path, [], at=NOW)
    assert store.listed() == ()


def test_what_a_list_made_trusted_is_no_root_of_lists(store: TrustStore, tmp_path: Path) -> None:
    dutch, roots = master(tmp_path, JAPAN, country="NL")
    add_certificate(store, put(tmp_path / "nl.cer", roots[0].der), fingerprint=roots[0].sha256, at=NOW)
    with pytest.raises(Misuse, match="--root"):
        add(store, dutch, at=NOW)


def test_one_certificate_is_trusted_by_its_fingerprint_alone(store: TrustStore, tmp_path: Path) -> None:
    path = put(tmp_path / "kr.cer", KOREA.certificate)
    with pytest.raises(Misuse, match=KOREA.sha256):
        add(store, path, at=NOW)
    with pytest.raises(Disproved):
        add(store, path, fingerprint=JAPAN.sha256, at=NOW)
    with pytest.raises(Misuse):
        add(store, path, fingerprint=KOREA.sha256[:-2], at=NOW)
    assert store.listed() == ()
    spaced = ":".join(KOREA.sha256[at : at + 2] for at in range(0, 64, 2)).upper()
    (held,) = add(store, path, fingerprint=spaced, at=NOW).held
    assert (held.kind, held.id) == (Kind.CERTIFICATE, KOREA.sha256)
    assert store.countries == {"KR"}


def test_a_signers_certificate_is_no_countrys(store: TrustStore, tmp_path: Path) -> None:
    path = put(tmp_path / "ds.cer", SIGNER.certificate)
    with pytest.raises(Misuse):
        add(store, path, fingerprint=SIGNER.sha256, at=NOW)


def test_pem_is_read_and_two_in_one_file_are_not(store: TrustStore, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_der_x509_certificate

    text = load_der_x509_certificate(KOREA.certificate).public_bytes(Encoding.PEM)
    assert read_certificate(put(tmp_path / "1.pem", text)).sha256 == KOREA.sha256
    for bad in (text * 2, text.replace(b"END", b"AND"), b"-----BEGIN X-----QUJ-----END X-----", text[:300]):
        with pytest.raises(Refused):
            read_certificate(put(tmp_path / "2.pem", bad))


def test_a_revocation_list_is_held_and_looked_up(store: TrustStore, tmp_path: Path) -> None:
    bring(store, tmp_path, KOREA)
    (held,) = add(store, crl(tmp_path, 77, 1 << 150), at=NOW).held
    assert (held.kind, held.country, held.read, held.trusted) == (Kind.CRL, "KR", 2, 0)
    (kept,) = store.revocations()
    assert dict(kept.revoked) == dict(read_crl(crl(tmp_path, 77, 1 << 150), store, at=NOW).revoked)
    assert len(kept.revoked) == 2
    with pytest.raises(Refused) as refused:
        revoked(certificate(SIGNER.certificate), store.revocations(), at=NOW)
    assert refused.value.reason is Reason.REVOKED
    add(store, crl(tmp_path, 5, month=6), at=NOW)
    assert revoked(certificate(SIGNER.certificate), store.revocations(), at=NOW).this_update == day(2026, 6)
    with pytest.raises(Misuse, match="--older"):
        add(store, crl(tmp_path, 77, month=4), at=NOW)
    assert [one.read for one in store.listed() if one.kind is Kind.CRL] == [1]


def test_a_revocation_list_of_a_key_that_is_not_trusted_stays_out(store: TrustStore, tmp_path: Path) -> None:
    bring(store, tmp_path, JAPAN)
    with pytest.raises(Refused) as refused:
        add(store, crl(tmp_path, 77), at=NOW)
    assert refused.value.reason is Reason.UNKNOWN_COUNTRY
    assert store.revocations() == []


def test_of_a_download_each_object_is_proved_by_itself(store: TrustStore, tmp_path: Path) -> None:
    german, roots = master(tmp_path, KOREA)
    dutch, _ = master(tmp_path, JAPAN, country="NL")
    text = "version: 1\n\n" + "\n".join(
        f"dn: o=x,c={country},dc=int\n" + folded(name, data)
        for country, name, data in (
            ("KR", "certificateRevocationList;binary", crl(tmp_path, 77).read_bytes()),
            ("JP", "certificateRevocationList;binary", crl(tmp_path, 77, root=JAPAN).read_bytes()),
            ("KR", "userCertificate;binary", SIGNER.certificate),
            ("NL", "pkdMasterListContent", dutch.read_bytes()),
            ("DE", "pkdMasterListContent", german.read_bytes()),
        )
    )
    added = add(store, put(tmp_path / "pkd.ldif", text.encode()), roots=roots, at=NOW)
    assert [(one.kind, one.country) for one in added.held] == [(Kind.LIST, "DE"), (Kind.CRL, "KR")]
    assert [(out.country, out.reason) for out in added.left_out] == [
        ("NL", Reason.UNKNOWN_COUNTRY),
        ("JP", Reason.UNKNOWN_COUNTRY),
    ]
    assert added.passed_over == 1
    older, _ = master(tmp_path, KOREA, month=3)
    text = "dn: c=DE\n" + folded("pkdMasterListContent", older.read_bytes())
    (out,) = add(store, put(tmp_path / "old.ldif", text.encode()), roots=roots, at=NOW).left_out
    assert out.reason is Reason.OLDER_LIST
    with pytest.raises(Refused):
        add(store, put(tmp_path / "none.ldif", b"version: 1\n"), roots=roots, at=NOW)


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x00", b"text", b"\x30\x03\x02\x01\x00", bytes(1000)])
def test_other_bytes_are_refused(store: TrustStore, tmp_path: Path, data: bytes) -> None:
    roots = [certificate(KOREA.certificate)]
    with pytest.raises(Refused):
        add(store, put(tmp_path / "x", data), roots=roots, fingerprint=KOREA.sha256, at=NOW)
    with pytest.raises(Unreadable):
        add(store, tmp_path / "nothing here", roots=roots, at=NOW)


def test_the_users_own_store_is_where_xdg_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert own() == tmp_path / "garim" / "trust"
    with pytest.raises(Misuse, match="trust add"):
        opened()
    assert list(tmp_path.iterdir()) == []
    opened(new=True).close()
    opened().close()
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert own() == Path.home() / ".local" / "share" / "garim" / "trust"


@pytest.mark.parametrize("place", [NAME, "."])
@pytest.mark.parametrize("mode", [0o020, 0o002])
def test_what_others_may_write_to_is_not_trusted(tmp_path: Path, place: str, mode: int) -> None:
    opened(tmp_path / "t", new=True).close()
    path = tmp_path / "t" / place
    path.chmod(path.stat().st_mode | mode)
    for new in (False, True):
        with pytest.raises(Misuse, match="chmod"):
            opened(tmp_path / "t", new=new)


def test_another_programs_file_and_a_later_form_are_not_touched(tmp_path: Path) -> None:
    path = tmp_path / NAME
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE held (x)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(Misuse, match="another program"):
        opened(tmp_path, new=True)
    assert path.read_bytes() == before
    opened(tmp_path / "t", new=True).close()
    with sqlite3.connect(tmp_path / "t" / NAME) as later:
        later.execute("PRAGMA user_version = 3")
    later.close()
    with pytest.raises(Misuse, match="form 3"):
        opened(tmp_path / "t")


def test_damage_is_an_error_and_never_an_unknown_country(tmp_path: Path) -> None:
    with opened(tmp_path / "t", new=True) as store:
        bring(store, tmp_path, KOREA)
    path = tmp_path / "t" / NAME
    whole = path.read_bytes()
    at = whole.index(KOREA.certificate[-40:])
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    with opened(tmp_path / "t") as store, pytest.raises(Unreadable, match="damaged"):
        chained(certificate(SIGNER.certificate), store, at=NOW)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Unreadable, match="damaged"), opened(tmp_path / "t") as store:
        store.listed()


_ADD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from garim.gate.passport.adding import add_list, read_certificate
from garim.gate.passport.trust import opened
folder, path, root = map(Path, sys.argv[1:])
with opened(folder, new=True) as store:
    add_list(store, path, [read_certificate(root)], at=datetime(2026, 6, 1, tzinfo=UTC), older=True)
"""
_DIES = """
import os, signal
from garim.gate.passport import stored
change = stored.Database.change
left = 40
def dying(self, asked, values=()):
    global left
    left -= 1
    if left == 0:
        self._open.execute("PRAGMA cache_spill = 1")
        os.kill(os.getpid(), signal.SIGKILL)
    change(self, asked, values)
stored.Database.change = dying
"""


def other_process(folder: Path, path: Path, root: Path, *, first: str = "") -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", first + _ADD, folder, path, root], stderr=subprocess.PIPE)


def test_a_process_that_is_killed_amid_a_change_has_changed_nothing(tmp_path: Path) -> None:
    many = [csca("KR", USUAL, label=f"many {number}") for number in range(40)]
    with opened(tmp_path / "t", new=True) as store:
        bring(store, tmp_path, KOREA, JAPAN, month=4)
        before = store.listed()
    path, roots = master(tmp_path, *many)
    root = put(tmp_path / "root.cer", roots[0].der)
    with other_process(tmp_path / "t", path, root, first=_DIES) as dying:
        assert dying.wait() == -signal.SIGKILL
    with opened(tmp_path / "t") as store:
        assert store.listed() == before
        assert store.countries == {"KR", "JP", "DE"}
        bring(store, tmp_path, *many)


def test_two_processes_take_turns_also_when_both_make_the_store(tmp_path: Path) -> None:
    writers = []
    for country in ("DE", "NL", "FR"):
        path, roots = master(tmp_path, KOREA, JAPAN, country=country)
        writers.append(other_process(tmp_path / "t", path, put(tmp_path / f"{country}.cer", roots[0].der)))
    for writer in writers:
        assert writer.communicate()[1] == b""
        assert writer.returncode == 0
    with opened(tmp_path / "t") as store:
        assert [one.country for one in store.listed()] == ["DE", "FR", "NL"]


_SMALL = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (122880, {resource.RLIM_INFINITY}))
"""


def test_a_full_disk_changes_nothing_and_says_so(tmp_path: Path) -> None:
    with opened(tmp_path / "t", new=True) as store:
        bring(store, tmp_path, JAPAN, month=4)
        before = store.listed()
    path, roots = master(tmp_path, *(csca("KR", USUAL, label=f"many {number}") for number in range(150)))
    root = put(tmp_path / "root.cer", roots[0].der)
    with other_process(tmp_path / "t", path, root, first=_SMALL) as writer:
        _, said = writer.communicate()
    assert writer.returncode == 1
    assert Unwritable.__name__ in said.decode().splitlines()[-1]
    with opened(tmp_path / "t") as store:
        assert store.listed() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_store_that_may_only_be_read_is_read(tmp_path: Path) -> None:
    with opened(tmp_path / "t", new=True) as store:
        bring(store, tmp_path, KOREA)
    (tmp_path / "t" / NAME).chmod(0o444)
    (tmp_path / "t").chmod(0o555)
    with opened(tmp_path / "t") as store:
        assert store.countries == {"KR", "DE"}
        with pytest.raises(Unwritable):
            bring(store, tmp_path, JAPAN)
