import Foundation
import Testing

/// Verify in the browser: it holds for what was stored, and names what was altered on the way.
@Suite("The browser checks what it shows", .serialized)
struct ConsoleProofTests {
    /// Alters an answer before the page's script sees it; a proof's own digest is made to fit.
    private static func tamper(_ change: String) -> String {
        """
        const wire = await import('/assets/wire.js');
        const real = window.fetch;
        window.fetch = async (place, ...rest) => {
          const answer = await real(place, ...rest);
          if (!String(place).includes('/proof')) return answer;
          const file = new Uint8Array(await answer.arrayBuffer());
          const end = file.length - 32;
          const proof = new wire.Message(file.subarray(14, end));
          const transaction = new wire.Message(proof.message(5).bytes(1));
          const note = proof.bytes(8);
          const lines = new TextDecoder().decode(note).split('\\n');
          const at = (text) => {
            const sought = wire.utf8(text);
            for (let i = 0; ; i++) if (wire.equal(note.subarray(i, i + sought.length), sought)) return i;
          };
          \(change)
          file.set(await wire.sha256(file.subarray(0, end)), end);
          return new Response(file, { headers: answer.headers });
        };
        """
    }

    /// What is altered, and the first check that must turn red by its name.
    static let alterations: [(what: String, change: String, name: String)] = [
        ("content", "proof.message(9).bytes(2)[40] ^= 1;", "Content"),
        ("secret", "proof.message(9).bytes(1)[0] ^= 1;", "Content"),
        ("stamp", "transaction.messages(2)[0].bytes(4)[9] ^= 1;", "Stamps"),
        ("submission", "proof.message(5).bytes(6)[3] ^= 1;", "Node"),
        ("path", "proof.message(5).all(8)[0][0] ^= 1;", "Inclusion"),
        (
            "root", "{ const i = at(lines[2]); note[i + 5] = note[i + 5] === 65 ? 66 : 65; }",
            "Inclusion"
        ),
        ("header", "{ const h = proof.message(6).bytes(1); h[h.length - 1] ^= 1; }", "Block"),
        (
            "cosignature",
            "{ const i = at(lines[4]) + wire.utf8(lines[4]).length - 12; note[i] = note[i] === 65 ? 66 : 65; }",
            "Cosignatures"
        ),
        ("genesis", "proof.bytes(2)[60] ^= 1;", "Network"),
    ]

    @Test func everyAlterationTurnsRedByItsName() async throws {
        let console = try await ConsoleBench.start("tamper")
        let browser = try await console.browser(width: 1_280)
        let reference = "Observation/\(console.weight)"
        try await console.show(reference, browser)
        #expect(try await console.verdict(browser) == "Verified in this browser")
        let steps = try await browser.number("document.querySelectorAll('.steps .ok').length")
        #expect(steps == 10)
        try await browser.picture("verified")
        for (what, change, name) in Self.alterations {
            try await console.show(reference, browser)
            try await browser.run(Self.tamper(change))
            let verdict = try await console.verdict(browser)
            #expect(verdict.hasPrefix("Does not hold: "), "\(what): \(verdict)")
            let red = try await browser.text(
                "[...document.querySelectorAll('.steps .bad .name')].map((n) => n.textContent).join()"
            )
            #expect(red.split(separator: ",").contains(Substring(name)), "\(what): \(red)")
            if what == "cosignature" || what == "content" || what == "submission" {
                // Nothing else depends on it.
                #expect(red == name || red == "Content,Shown here", "\(what): \(red)")
            }
            if what == "stamp" { try await browser.picture("altered-stamp") }
        }
        #expect(
            try await browser.text(
                "document.querySelector('#list .bad.mark, #list .mark.bad').className"
            )
            .contains("bad"))
        try await browser.quit()
    }

    /// A file is a record of its own: its bytes as shown, and its proof.
    @Test func filesAreCheckedWithTheRecordThatNamesThem() async throws {
        let console = try await ConsoleBench.start("files")
        let browser = try await console.browser(width: 1_280)
        let reference = "DocumentReference/\(console.signal)"
        try await console.show(reference, browser)
        #expect(try await console.verdict(browser) == "Verified in this browser")
        let said = "document.querySelector('[data-step=\"File Rhythm.edf\"] .words').textContent"
        #expect(try await browser.text(said).contains("are what was stamped"))
        try await browser.picture("verified-file")
        let shown = """
            const real = window.fetch;
            window.fetch = async (place, ...rest) => {
              const answer = await real(place, ...rest);
              if (!/files\\/0$/.test(place)) return answer;
              const bytes = new Uint8Array(await answer.arrayBuffer());
              bytes[bytes.length - 1] ^= 1;
              return new Response(bytes);
            };
            """
        let missing = """
            const real = window.fetch;
            window.fetch = (place, ...rest) => real(
              String(place).replace('/files/0/proof', '/files/9/proof'), ...rest);
            """
        let cases = [
            (shown, "what this page shows is not what was stamped"),
            (missing, "This record has no such file"),
            (
                Self.tamper("if (place.includes('/files/')) proof.message(9).bytes(2)[9] ^= 1;"),
                "Content: the content gives the commitment"
            ),
        ]
        for (change, words) in cases {
            try await console.show(reference, browser)
            try await browser.run(change)
            #expect(try await console.verdict(browser) == "Does not hold: File Rhythm.edf")
            #expect(try await browser.text(said).contains(words), "\(words)")
        }
        try await browser.quit()
    }

    @Test func aRecordShownOtherwiseThanItWasStampedTurnsRed() async throws {
        let console = try await ConsoleBench.start("shown")
        let browser = try await console.browser(width: 1_280)
        try await browser.open(console.page)
        try await browser.wait("document.querySelector('#list li')")
        try await browser.run(
            """
            const real = window.fetch;
            window.fetch = async (place, ...rest) => {
              const answer = await real(place, ...rest);
              if (!/records\\/Observation\\/[^/]+$/.test(place)) return answer;
              const record = await answer.json();
              record.resource.valueQuantity.value += 10;
              return new Response(JSON.stringify(record));
            };
            document.querySelector('#list a[data-record="Observation/\(console.weight)"]').click();
            """)
        try await browser.wait("document.querySelector('[data-act=verify]')")
        #expect(try await console.verdict(browser) == "Does not hold: Shown here")
        let words = try await browser.text(
            "document.querySelector('.steps .bad .words').textContent")
        #expect(words.contains("valueQuantity.value"))
        try await browser.quit()
    }

    /// Markup in every field that is shown stays text.
    @Test func whatARecordSaysStaysText() async throws {
        let evil = #"<img src=x onerror="window.struck=1">'"&amp;<script>window.struck=1</script>"#
        let console = try await ConsoleBench.start("text", family: evil)
        let client = console.bench.client
        let subject = ["reference": "Patient/\(console.patient)", "display": evil]
        let resources: [[String: Any]] = [
            [
                "resourceType": "AllergyIntolerance", "patient": subject, "code": ["text": evil],
                "reaction": [["manifestation": [["text": evil]]]],
            ],
            ["resourceType": "Condition", "subject": subject, "code": ["text": evil]],
            [
                "resourceType": "MedicationRequest", "subject": subject, "status": "active",
                "intent": "order", "medicationCodeableConcept": ["text": evil],
                "dosageInstruction": [["text": evil]],
            ],
            [
                "resourceType": "Observation", "subject": subject, "status": "final",
                "code": ["text": evil], "category": [["coding": [["code": "vital-signs"]]]],
                "valueQuantity": ["value": 1, "unit": evil], "note": [["text": evil]],
            ],
            [
                "resourceType": "Observation", "subject": subject, "status": "final",
                "code": ["text": evil], "valueString": evil,
            ],
            [
                "resourceType": "DocumentReference", "status": "current", "subject": subject,
                "description": evil,
                "content": [
                    [
                        "attachment": [
                            "title": evil, "contentType": "text/html",
                            "data": Data(evil.utf8).base64EncodedString(),
                        ]
                    ]
                ],
            ],
        ]
        var references = [String]()
        for resource in resources {
            let type = try #require(resource["resourceType"] as? String)
            let body = try JSONSerialization.data(withJSONObject: resource)
            let answer = try await client.send("POST", "/fhir/\(type)", body)
            #expect(answer.status == 201, "\(answer)")
            references.append("\(type)/\(try #require(answer.object["id"] as? String))")
        }
        let browser = try await console.browser(width: 1_280)
        let query = evil.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        try await browser.open(console.url + "/patients?q=\(query)")
        try await browser.wait("document.title.includes('<img')")
        for reference in references {
            try await console.show(reference, browser)
            #expect(
                try await console.verdict(browser) == "Verified in this browser", "\(reference)")
            try await browser.run(
                "document.querySelectorAll('#panel details').forEach((d) => { d.open = true })")
            #expect(
                try await browser.text("document.querySelector('#panel').innerText").contains(
                    "<img"))
            let struck = try await browser.text(
                "String(window.struck) + document.querySelectorAll('img[src=x], main script, aside script').length"
            )
            #expect(struck == "undefined0", "\(reference)")
        }
        let page = try await browser.text("document.querySelector('main').innerText")
        #expect(page.components(separatedBy: "<img src=x").count > 5)
        let complaints = try await browser.complaints()
        #expect(complaints == [])
        try await browser.quit()
    }
}
