"""The store of trust: what comes in, what stays, what goes; and what happens to it when a machine fails."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.gate.passport.certificates import Holder, csca, day, document_signer, link, revocation_list
from tests.gate.passport.files import dump
from tests.gate.passport.pki import made_master_list
from tests.gate.passport.suites import BY_NAME, USUAL
from tests.gate.passport.test_ldif import folded

from garim.core.errors import Disproved, GarimError, Misuse, Unreadable, Unwritable
from garim.gate.passport.adding import Added, add, add_certificate, add_crl, add_list, read_certificate, read_crl
from garim.gate.passport.certificate import Certificate, certificate
from garim.gate.passport.chain import chained
from garim.gate.passport.held import Kind
from garim.gate.passport.masterlist import master_list
from garim.gate.passport.outcomes import Reason, Refused
from garim.gate.passport.revocation import revoked
from garim.gate.passport.signatures import Made
from garim.gate.passport.stored import Database
from garim.gate.passport.trust import NAME, TrustStore, opened, own, refuse_own

NOW = day(2026, 6)
KOREA, JAPAN, SECOND = csca("KR", USUAL), csca("JP", USUAL), csca("KR", USUAL, label="second")
SHA_1 = BY_NAME["P-256 sha1"]
USUAL_WORDS = "P-256, ECDSA, SHA-256"
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


def crl(folder: Path, *serials: int, root: Holder = KOREA, month: int = 5, number: int = 1) -> Path:
    data = revocation_list(root, serials, issued=day(2026, month), next_update=day(2026, 9), number=number)
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


def asked(store: TrustStore) -> Reason | None:
    """What the lists that are held say of the signer."""
    try:
        revoked(certificate(SIGNER.certificate), store.revocations(), at=NOW)
    except Refused as refused:
        return refused.reason
    return None


def test_a_newer_list_of_another_key_of_the_same_name_replaces_nothing(store: TrustStore, tmp_path: Path) -> None:
    bring(store, tmp_path, KOREA, SECOND)
    add(store, crl(tmp_path, 77), at=NOW)
    assert add(store, crl(tmp_path, root=SECOND, month=6), at=NOW).replaced == ()
    assert asked(store) is Reason.REVOKED
    assert len([one for one in store.listed() if one.kind is Kind.CRL]) == 2


@pytest.mark.parametrize(("month", "number"), [(5, 20), (5, 21), (6, 19), (4, 21)])
def test_a_revocation_list_that_is_not_surely_newer_needs_to_be_asked_for(
    store: TrustStore, tmp_path: Path, month: int, number: int
) -> None:
    bring(store, tmp_path, KOREA)
    add(store, crl(tmp_path, 77, number=20), at=NOW)
    other = crl(tmp_path, 1, month=month, number=number)
    with pytest.raises(Misuse, match=r"number 20.*--older"):
        add(store, other, at=NOW)
    assert asked(store) is Reason.REVOKED
    assert add(store, other, at=NOW, older=True).replaced != ()


def test_a_serial_that_drops_off_a_list_is_named(store: TrustStore, tmp_path: Path) -> None:
    bring(store, tmp_path, KOREA)
    add(store, crl(tmp_path, 77, 5, 6), at=NOW)
    added = add(store, crl(tmp_path, 5, month=6, number=2), at=NOW)
    assert [(one.id, one.serial) for one in added.dropped] == [(added.held[0].id, 6), (added.held[0].id, 77)]
    assert add(store, crl(tmp_path, 5, month=6, number=2), at=NOW).dropped == ()


def test_to_remove_a_list_proves_nobody(store: TrustStore, tmp_path: Path) -> None:
    bring(store, tmp_path, KOREA)
    assert asked(store) is Reason.NO_REVOCATION_LIST
    (held,) = add(store, crl(tmp_path, 77, month=5), at=NOW).held
    assert store.remove(held.id).kind is Kind.CRL
    assert asked(store) is Reason.STALE_REVOCATION_LIST
    (missing,) = [one for one in store.listed() if one.kind is Kind.MISSING]
    assert (missing.id, missing.read, missing.until) == (held.id, 0, None)
    with pytest.raises(Misuse, match="--older"):
        add(store, crl(tmp_path, 1, month=4), at=NOW)
    add(store, crl(tmp_path, 77, month=5), at=NOW)
    assert asked(store) is Reason.REVOKED, "the same again"
    store.remove(held.id)
    add(store, crl(tmp_path, 1, month=6), at=NOW)
    assert asked(store) is None
    assert Kind.MISSING not in {one.kind for one in store.listed()}
    (newer,) = [one for one in store.listed() if one.kind is Kind.CRL]
    store.remove(newer.id)
    store.remove(newer.id)
    assert asked(store) is Reason.NO_REVOCATION_LIST, "who says so twice does without"


def test_a_list_that_rests_on_sha_1_says_so_wherever_it_is_rested_on(store: TrustStore, tmp_path: Path) -> None:
    data, root = made_master_list([KOREA.certificate, JAPAN.certificate], suite=SHA_1, signed_at=day(2026, 5))
    path, roots = put(tmp_path / "weak.ml", data), [certificate(root.certificate)]
    (held,) = add(store, path, roots=roots, at=NOW).held
    assert Reason.WEAK_HASH in held.flags
    assert store.listed() == (held,)
    korea = certificate(KOREA.certificate)
    assert store.flags(korea) == held.flags
    (crl_,) = add(store, crl(tmp_path, 1), at=NOW).held
    assert Reason.WEAK_HASH in crl_.flags
    assert store.revocations()[0].made == Made(USUAL_WORDS, crl_.flags)
    bring(store, tmp_path, KOREA, country="NL")
    assert store.flags(korea) == (), "a strong list stands for it, too"
    assert store.flags(certificate(JAPAN.certificate)) == held.flags


def test_a_weak_link_says_so_of_what_it_leads_to(store: TrustStore, tmp_path: Path) -> None:
    old, new = csca("FR", SHA_1, label="old"), csca("FR", USUAL, label="new")
    (held,) = bring(store, tmp_path, old, link(new, old), KOREA).held
    assert (held.trusted, held.weak, held.flags) == (4, 1, ())
    assert store.listed() == (held,)
    assert store.flags(certificate(link(new, old).certificate)) == (Reason.WEAK_HASH,)
    assert store.flags(certificate(old.certificate)) == ()


def test_an_undated_list_neither_replaces_nor_is_replaced_unasked(store: TrustStore, tmp_path: Path) -> None:
    def listed(name: str, *holders: Holder, month: int | None = None) -> tuple[Path, list[Certificate]]:
        moment = None if month is None else day(2026, month)
        data, root = made_master_list([one.certificate for one in holders], signed_at=moment, label="DE")
        return put(tmp_path / name, data), [certificate(root.certificate)]

    new, roots = listed("new.ml", KOREA)
    (held,) = add(store, new, roots=roots, at=NOW).held
    assert not held.dated and "undated" in held.of_day
    assert store.listed() == (held,)
    for month in (None, 5):
        other, _ = listed("other.ml", KOREA, JAPAN, month=month)
        with pytest.raises(Misuse, match=r"undated.*--older"):
            add(store, other, roots=roots, at=NOW)
    assert add(store, new, roots=roots, at=NOW).replaced == (), "the same again"
    dated, _ = listed("dated.ml", KOREA, month=4)
    assert add(store, dated, roots=roots, at=NOW).held[0].id == held.id, "the same, which says now when it was signed"
    with pytest.raises(Misuse, match="undated"):
        add(store, new, roots=roots, at=NOW)
    same_day, _ = listed("same.ml", JAPAN, month=4)
    with pytest.raises(Misuse, match="--older"):
        add(store, same_day, roots=roots, at=NOW)
    assert store.countries == {"KR", "DE"}


def test_a_signer_of_lists_that_its_country_revoked_signs_none(store: TrustStore, tmp_path: Path) -> None:
    path, roots = master(tmp_path, KOREA)
    add(store, path, roots=roots, at=NOW)
    root = csca("DE", USUAL, label="list DE")
    signer = master_list(path.read_bytes(), roots, at=NOW).signer
    add(store, crl(tmp_path, signer.serial, root=root), at=NOW)
    with pytest.raises(Refused) as refused:
        add(store, master(tmp_path, KOREA, JAPAN, month=6)[0], roots=roots, at=NOW)
    assert refused.value.reason is Reason.REVOKED
    assert store.countries == {"KR", "DE"}


def zipped(path: Path, *files: bytes, how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for number, data in enumerate(files):
            archive.writestr(f"../{number}", data)
    return path


def test_a_zip_with_one_list_in_it_is_taken(store: TrustStore, tmp_path: Path) -> None:
    path, roots = master(tmp_path, KOREA)
    data = path.read_bytes()
    assert add(store, zipped(tmp_path / "1.zip", b"read me", data), roots=roots, at=NOW).read == 2
    before = store.listed()
    whole = zipped(tmp_path / "whole.zip", data).read_bytes()
    bad = {
        "none": zipped(tmp_path / "0.zip", b"read me"),
        "two": zipped(tmp_path / "2.zip", data, data),
        "bomb": zipped(tmp_path / "b.zip", data, bytes(9 << 20)),
        "many": zipped(tmp_path / "m.zip", data, *[b""] * 64),
        "lzma": zipped(tmp_path / "l.zip", data, how=zipfile.ZIP_LZMA),
        "cut": put(tmp_path / "c.zip", whole[:-30]),
        "broken": put(tmp_path / "x.zip", whole[:200] + b"\xff" * 50 + whole[250:]),
    }
    for name, each in bad.items():
        with pytest.raises(Refused) as refused:
            add(store, each, roots=roots, at=NOW)
        assert refused.value.reason in (Reason.ARCHIVE, Reason.TOO_LARGE), name
    assert store.listed() == before


def test_what_is_no_plain_file_is_not_waited_for(store: TrustStore, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(Unreadable, match="no plain file"):
            add(store, path, at=NOW)
        with pytest.raises(Unreadable, match="no plain file"):
            read_certificate(path)
        with pytest.raises(Unreadable, match="no plain file"):
            read_crl(path, store, at=NOW)


def test_a_file_of_the_stores_own_is_no_input(tmp_path: Path) -> None:
    for name in (NAME, NAME + "-journal", NAME + "-wal"):
        with pytest.raises(Misuse, match="the store's own"):
            refuse_own(tmp_path / "x" / ".." / name, tmp_path)
    refuse_own(tmp_path / "list.ml", tmp_path)


def test_threads_ask_one_store_and_see_no_half_a_change(store: TrustStore, tmp_path: Path) -> None:
    bring(store, tmp_path, KOREA, JAPAN, month=4)
    wrong: list[object] = []

    def asks() -> None:
        for _ in range(60):
            try:
                countries = store.countries
                chained(certificate(SIGNER.certificate), store, at=NOW)
            except (GarimError, sqlite3.Error) as error:
                wrong.append(error)
            else:
                if countries not in ({"KR", "JP", "DE"}, {"KR", "DE"}):
                    wrong.append(countries)

    threads = [threading.Thread(target=asks) for _ in range(4)]
    for thread in threads:
        thread.start()
    bring(store, tmp_path, KOREA, month=5)
    bring(store, tmp_path, KOREA, JAPAN, month=6)
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_thread_waits_for_anothers_change(tmp_path: Path) -> None:
    tables = "CREATE TABLE one (x INTEGER)"
    with Database(tmp_path / "x.sqlite", tables, application=1, form=1, new=True) as database:
        seen: list[object] = []
        reader = threading.Thread(target=lambda: seen.extend(database.rows("SELECT x FROM one")))
        with database.at_once():
            database.change("INSERT INTO one VALUES (1)")
            reader.start()
            reader.join(0.3)
            assert reader.is_alive() and seen == []
            database.change("INSERT INTO one VALUES (2)")
        reader.join()
        assert seen == [(1,), (2,)]


def test_a_store_that_was_closed_says_that_and_not_damage(store: TrustStore) -> None:
    store.close()
    with pytest.raises(Misuse, match="was closed"):
        store.listed()


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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("place", [NAME, "."])
def test_what_somebody_else_owns_is_not_trusted(tmp_path: Path, place: str) -> None:
    opened(tmp_path / "t", new=True).close()
    os.chown(tmp_path / "t" / place, 1234, -1)
    for new in (False, True):
        with pytest.raises(Misuse, match="uid 1234"):
            opened(tmp_path / "t", new=new)
    os.chown(tmp_path / "t" / place, 0, -1)
    opened(tmp_path / "t").close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_in_somebody_elses_folder_no_store_is_made(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    os.chown(tmp_path / "t", 1234, -1)
    with pytest.raises(Misuse, match="uid 1234"):
        opened(tmp_path / "t", new=True)
    assert list((tmp_path / "t").iterdir()) == []


def test_what_anybody_can_swap_is_not_trusted(tmp_path: Path) -> None:
    opened(tmp_path / "above" / "t", new=True).close()
    (tmp_path / "above").chmod(0o777)
    with pytest.raises(Misuse, match="swap"):
        opened(tmp_path / "above" / "t")
    (tmp_path / "above").chmod(0o1777)  # as /tmp: only owners rename
    opened(tmp_path / "above" / "t").close()


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
