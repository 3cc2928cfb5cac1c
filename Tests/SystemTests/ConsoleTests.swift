import Foundation
import Testing

/// The console in headless Chromium, against a real node process.
@Suite("People see and check the record", .serialized)
struct ConsoleTests {
    @Test func aClinicianLooksAroundAndNothingComplains() async throws {
        let console = try await ConsoleBench.start("console")
        let browser = try await console.browser(width: 1_280)
        try await browser.wait(
            "/^[0-9]/.test(document.querySelector('[data-live=height]').innerText)")
        // Search by keyboard.
        try await browser.press("/okafor\u{E007}")
        try await browser.wait("location.search.includes('okafor')")
        #expect(
            try await browser.text("document.querySelector('#results').innerText").contains(
                "Ngozi Okafor"))
        try await browser.picture("find")
        try await browser.press("j\u{E007}")
        try await browser.wait("document.querySelector('#list li')")
        // The answer first.
        let summary = try await browser.text("document.querySelector('.summary').innerText")
        for word in ["Penicillin", "high risk", "Asthma", "since May 2001", "Salbutamol"] {
            #expect(summary.contains(word), "\(summary)")
        }
        // The timeline draws the weights.
        #expect(
            try await browser.text("document.querySelector('.lane.chart canvas').ariaLabel")
                .hasPrefix("Body weight: 10 values"))
        #expect(try await Self.ink(browser, ".lane.chart canvas") > 100)
        try await browser.picture("patient")
        try await Self.signal(console, browser)
        try await Self.files(console, browser)
        #expect(try await browser.complaints() == [])
        try await browser.quit()
    }

    /// How many pixels of a canvas are drawn on.
    private static func ink(_ browser: Browser, _ selector: String) async throws -> Double {
        try await browser.number(
            """
            (() => { const c = document.querySelector('\(selector)');
            return c.getContext('2d').getImageData(0, 0, c.width, c.height).data
            .filter((v, i) => i % 4 === 3 && v > 0).length })()
            """)
    }

    private static func signal(_ console: ConsoleBench, _ browser: Browser) async throws {
        try await console.show("DocumentReference/\(console.signal)", browser)
        try await browser.run(
            "[...document.querySelectorAll('#panel button')].find((b) => /signal/.test(b.textContent)).click()"
        )
        try await browser.wait("document.querySelector('.ecg canvas')")
        let label = try await browser.text("document.querySelector('.ecg canvas').ariaLabel")
        #expect(label == "2 leads: ECG I, ECG II; 2 seconds at 25 mm/s, 10 mm/mV")
        // To scale: two seconds are 50 mm, and CSS has 96 pixels to 25.4 mm.
        let width = try await browser.number("document.querySelector('.ecg canvas').clientWidth")
        #expect(abs(width - 60 * 96 / 25.4) < 2)
        try await browser.picture("signal")
    }

    private static func files(_ console: ConsoleBench, _ browser: Browser) async throws {
        try await console.show("DocumentReference/\(console.picture)", browser)
        try await browser.wait("document.querySelector('img.shown')?.naturalWidth === 1")
        try await console.show("DocumentReference/\(console.report)", browser)
        let address =
            "/patients/\(console.patient)/records/DocumentReference/\(console.report)/files/0"
        let head = try await browser.text(
            "await fetch('\(address)?show=1').then((a) => a.headers.get('content-type') + ' ' + a.headers.get('content-disposition'))"
        )
        #expect(head == "application/pdf inline")
        let kept = try await browser.text(
            "await fetch('\(address)').then((a) => a.headers.get('content-disposition'))")
        #expect(kept == "attachment")
        // What is no picture is never shown in place, whatever it says that it is.
        let edf = address.replacingOccurrences(of: console.report, with: console.signal)
        #expect(
            try await browser.number("await fetch('\(edf)?show=1').then((a) => a.status)") == 415)
        _ = try await browser.complaints()
    }

    @Test(arguments: [(360, false), (360, true), (1_600, false), (1_600, true)])
    func everyScreenAndTheme(width: Int, isDark: Bool) async throws {
        let console = try await ConsoleBench.start("screens")
        let browser = try await console.browser(width: width, isDark: isDark)
        let name = "\(width)-\(isDark ? "dark" : "light")"
        for (path, ready) in [
            ("/patients", "#results li"), ("/patients/\(console.patient)", "#list li"),
            ("/network", "#blocks tbody tr"),
        ] {
            try await browser.open(console.url + path)
            try await browser.wait("document.querySelector('\(ready)')")
            let over = try await browser.number(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth")
            #expect(over == 0, "\(path) is wider than the screen")
            #expect(try await browser.text(Contrast.script) == "", "\(path)")
            let short = path.replacingOccurrences(of: console.patient, with: "one")
            let file = name + short.replacingOccurrences(of: "/", with: "-")
            try await browser.picture(file, isWhole: true)
        }
        // Something that people touch is 44 pixels high.
        let small = try await browser.text(
            """
            [...document.querySelectorAll('button, input, select, .brand, .head')]
            .filter((e) => e.offsetParent && e.getBoundingClientRect().height < 43.5)
            .map((e) => e.outerHTML).join()
            """)
        #expect(small == "")
        #expect(try await browser.complaints() == [])
        try await browser.quit()
    }

    /// Sessions end with the node; the page says what to do then instead of trying for ever.
    @Test func aRestartAsksToLogInAgain() async throws {
        let folder = try TempFolder("console-restart")
        let data = folder.url("data").path
        var server = try await RunningServer.start(data)
        let link = try await server.run(["link"]).stdout
        let browser = try await Browser.start(width: 1_280)
        try await browser.open(link.trimmingCharacters(in: .whitespacesAndNewlines))
        try await browser.wait("location.pathname === '/patients'")
        let head = "document.querySelector('.head').innerText"
        try await browser.wait("/1 of 1 signed/.test(\(head))")
        #expect(try await server.stop().exit == 0)
        try await browser.wait("/connecting again/.test(\(head))")
        server = try await RunningServer.start(data, listen: server.address)
        try await browser.wait("/log in again/.test(\(head))")
        try await browser.run("document.querySelector('.head').click()")
        try await browser.wait("document.querySelector('#state')")
        try await browser.quit()
    }

    /// A JPEG that Chromium itself made.
    @Test func aPhotographIsShownInPlace() async throws {
        let console = try await ConsoleBench.start("photograph")
        let browser = try await console.browser(width: 1_280)
        let made = try await browser.text(
            """
            (() => {
              const canvas = Object.assign(document.createElement('canvas'), { width: 8, height: 5 });
              canvas.getContext('2d').fillRect(0, 0, 4, 4);
              return canvas.toDataURL('image/jpeg').split(',')[1];
            })()
            """)
        let jpeg = try #require(Data(base64Encoded: made))
        let stored = try await console.bench.client.send(
            "POST", "/fhir/Binary", jpeg, type: "image/jpeg")
        let place = try #require(stored.headers["location"]?.components(separatedBy: "Binary/"))
        let document: [String: Any] = [
            "resourceType": "DocumentReference", "status": "current",
            "date": "2024-03-03T10:00:00Z",
            "subject": ["reference": "Patient/\(console.patient)"],
            "content": [
                [
                    "attachment": [
                        "contentType": "image/jpeg", "title": "Wound",
                        "url": "Binary/\(place[1].prefix { $0 != "/" })",
                    ]
                ]
            ],
        ]
        let answer = try await console.bench.client.send(
            "POST", "/fhir/DocumentReference", try JSONSerialization.data(withJSONObject: document))
        let id = try #require(answer.object["id"] as? String)
        try await console.show("DocumentReference/\(id)", browser)
        try await browser.wait("document.querySelector('img.shown')?.naturalHeight === 5")
        let name = "document.querySelector('a[download^=Wound]').download"
        #expect(try await browser.text(name) == "Wound.jpg")
        #expect(try await browser.complaints() == [])
        try await browser.quit()
    }

    /// That nobody could look says nothing about a record; and no page waits for ever.
    @Test func aNodeThatDoesNotAnswerIsNoFailedCheck() async throws {
        let console = try await ConsoleBench.start("away")
        let browser = try await console.browser(width: 1_280)
        try await console.show("Observation/\(console.weight)", browser)
        #expect(try await console.bench.server.stop().exit == 0)
        try await browser.run("document.querySelector('[data-act=verify]').click()")
        try await browser.wait(
            "/^Not checked/.test(document.querySelector('.verdict').textContent)")
        #expect(
            try await browser.number("document.querySelectorAll('#list .mark.bad').length") == 0)
        try await browser.run(
            "document.querySelector('#list li:nth-child(2) a').click()")
        try await browser.wait("/does not answer/.test(document.querySelector('#panel').innerText)")
        try await browser.run("document.querySelector('[data-do=leave]').click()")
        try await browser.wait("/has not ended/.test(document.querySelector('#main').innerText)")
        #expect(try await !browser.text("document.body.innerText").contains("Okafor"))
        try await browser.quit()
    }

    @Test func aLinkLetsItsPersonInWhoeverIsIn() async throws {
        let console = try await ConsoleBench.start("again")
        let browser = try await console.browser(width: 1_280)
        try await browser.open(console.url + "/network")
        let link = try await console.link()
        try await browser.open(link.replacingOccurrences(of: "/#", with: "/network#"))
        try await browser.wait("location.pathname === '/patients' && location.hash === ''")
        try await browser.open(link.replacingOccurrences(of: "/#", with: "/network#"))
        try await browser.wait(
            "/used already/.test(document.querySelector('[role=alert]')?.innerText)")
        #expect(try await browser.text("location.hash") == "")
        try await browser.open(console.url + "/nothing-here")
        try await browser.wait("document.querySelector('.notice h1')")
        try await browser.quit()
    }

    @Test func paperIsLightInTheDarkToo() async throws {
        let console = try await ConsoleBench.start("paper")
        let browser = try await console.browser(width: 1_280, isDark: true)
        try await browser.open(console.page)
        try await browser.wait("document.querySelector('#list li')")
        let colours = try await browser.text(
            """
            await (async () => {
              const seen = [];
              addEventListener('beforeprint', () => seen.push(
                getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor));
              dispatchEvent(new Event('beforeprint'));
              dispatchEvent(new Event('afterprint'));
              return seen.concat(getComputedStyle(document.body).backgroundColor).join(' ');
            })()
            """)
        #expect(colours == "rgb(0, 0, 0) rgb(255, 255, 255) rgb(20, 22, 26)")
        try await browser.quit()
    }

    @Test func patientsAreFoundAsPeopleType() async throws {
        let console = try await ConsoleBench.start("find")
        let client = console.bench.client
        func found(_ words: String) async throws -> Bool {
            let place = words.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let page = try await client.get("/patients?q=\(place)")
            #expect(page.status == 200, "\(page)")
            return page.text.contains("Ngozi Okafor")
        }
        for words in [
            "okafor 1979-03-14", "Ngozi 14.3.1979", "14 March 1979", "14 Mar 1979 oka", "4711",
        ] {
            #expect(try await found(words), "\(words)")
            // Every word counts, the last one too.
            if words != "4711" { #expect(try await found(words + " o k a f"), "\(words)") }
            #expect(try await !found(words + " o k a f nobody"), "\(words)")
        }
        #expect(try await !found("okafor 1979-03-15"))
    }

    @Test func theHeadMovesAndNewBlocksAppear() async throws {
        let console = try await ConsoleBench.start("live")
        let browser = try await console.browser(width: 1_280)
        try await browser.open(console.url + "/network")
        try await browser.wait("document.querySelector('#blocks tbody tr')")
        let before = try await browser.number(
            "Number(document.querySelector('#blocks tbody td').innerText.replace(/\\D/g, ''))")
        let body = Data(#"{"resourceType":"Basic","code":{"text":"x"}}"#.utf8)
        // What was there before is shown as well.
        #expect(
            try await browser.number("document.querySelectorAll('#blocks tbody tr').length")
                == min(before + 1, 12))
        #expect(try await console.bench.client.send("POST", "/fhir/Basic", body).status == 201)
        let shown =
            "Number(document.querySelector('#blocks tbody td').innerText.replace(/\\D/g, ''))"
        try await browser.wait("\(shown) > \(Int(before))")
        try await browser.wait(
            "document.querySelector('#members [data-live=mark]').className === 'mark full'")
        #expect(try await browser.complaints() == [])
        try await browser.quit()
    }

    @Test func aLinkThatWasUsedSaysSo() async throws {
        let console = try await ConsoleBench.start("links")
        let link = try await console.link()
        let first = try await Browser.start(width: 800)
        try await first.open(link)
        try await first.wait("location.pathname === '/patients'")
        #expect(try await first.text("document.cookie") == "")
        let second = try await Browser.start(width: 800)
        try await second.open(link)
        try await second.wait("document.body.innerText.includes('used already')")
        #expect(try await second.text("location.href") == console.url + "/")
        try await first.run("document.querySelector('[data-do=leave]').click()")
        try await first.wait("document.querySelector('#state')")
        try await first.quit()
        try await second.quit()
    }
}
