from tests.people import *
import httpx
def test_town(town):
    p = town.open_petition()
    town.sign(p, SAM, SUZIE, LAURA, CHARLIE)
    assert town.count(p) == 10
    town.deliver()
    print([ (m["To"], m["Subject"]) for m in town.letters.all])
    assert town.broken() == {}
    town.answer(p)
    town.work(); town.deliver()
    print(town.letters.subjects(SAM))
    assert town.broken() == {}
def test_site(site):
    p = site.town.open_petition()
    with site.client() as c:
        r = c.get(f"/petitions/{p}"); assert r.status_code == 200
        r = c.post(f"/petitions/{p}/sign", data=SAM.form()); assert r.status_code == 303, r.text
        l = site.town.deliver().link(SAM, "Confirm")
        assert c.post(l).status_code == 303
    assert site.town.count(p) == 7
    with site.signed_in("maureen@example.org") as c:
        assert c.get("/moderation").status_code == 200
