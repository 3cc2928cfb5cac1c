import Foundation
import Testing

/// A node with a patient who has a bit of everything, and a browser that is logged in.
struct ConsoleBench: Sendable {
    let bench: Bench
    /// The patient's FHIR id.
    let patient: String
    let signal: String
    let report: String
    let picture: String
    /// The newest measurement.
    let weight: String

    static func start(_ name: String, family: String = "Okafor") async throws -> ConsoleBench {
        let bench = try await Bench.start(name)
        let client = bench.client
        func make(_ type: String, _ fields: [String: Any]) async throws -> String {
            let body = try JSONSerialization.data(
                withJSONObject: fields.merging(["resourceType": type]) { $1 })
            let answer = try await client.send("POST", "/fhir/\(type)", body)
            #expect(answer.status == 201, "\(answer)")
            return try #require(answer.object["id"] as? String)
        }
        func document(_ title: String, _ type: String, _ data: Data) async throws -> String {
            let stored = try await client.send("POST", "/fhir/Binary", data, type: type)
            let place = try #require(stored.headers["location"]?.components(separatedBy: "Binary/"))
            let id = String(place[1].prefix { $0 != "/" })
            return try await make(
                "DocumentReference",
                [
                    "status": "current", "type": ["text": title], "date": "2024-03-03T14:02:00Z",
                    "subject": ["reference": "Patient/\(patient)"],
                    "content": [
                        [
                            "attachment": [
                                "contentType": type, "url": "Binary/\(id)", "title": title,
                            ]
                        ]
                    ],
                ])
        }
        let patient = try await make(
            "Patient",
            [
                "name": [["family": family, "given": ["Ngozi"]]], "gender": "female",
                "birthDate": "1979-03-14",
                "identifier": [["system": "http://example.org/patients", "value": "4711"]],
            ])
        let subject = ["reference": "Patient/\(patient)"]
        _ = try await make(
            "AllergyIntolerance",
            ["patient": subject, "code": ["text": "Penicillin"], "criticality": "high"])
        _ = try await make(
            "Condition",
            ["subject": subject, "code": ["text": "Asthma"], "onsetDateTime": "2001-05-01"])
        _ = try await make(
            "MedicationRequest",
            [
                "subject": subject, "status": "active", "intent": "order",
                "medicationCodeableConcept": ["text": "Salbutamol"], "authoredOn": "2020-01-05",
            ])
        var weight = ""
        for year in 2015...2024 {
            weight = try await make(
                "Observation", Samples.weight(subject, "\(year)-06-01", 60 + year % 7))
        }
        return ConsoleBench(
            bench: bench, patient: patient,
            signal: try await document("Rhythm.edf", "application/edf", Samples.edf),
            report: try await document("Report.pdf", "application/pdf", Samples.pdf),
            picture: try await document("Wound.png", "image/png", Samples.png), weight: weight)
    }

    /// A browser that came in by a link.
    func browser(width: Int, isDark: Bool = false) async throws -> Browser {
        let browser = try await Browser.start(width: width, isDark: isDark)
        try await browser.open(try await link())
        try await browser.wait("location.pathname === '/patients'")
        return browser
    }

    func link() async throws -> String {
        let made = try await bench.server.run(["link"])
        #expect(made.exit == 0, "\(made)")
        return made.stdout.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    var url: String { bench.server.url }
    var page: String { "\(url)/patients/\(patient)" }

    /// Opens a record's panel.
    func show(_ reference: String, _ browser: Browser) async throws {
        try await browser.open("\(page)#\(reference)")
        try await browser.run("location.reload()")
        try await browser.wait("document.querySelector('[data-act=verify]')")
    }

    /// Presses verify and gives the verdict, when there is one.
    func verdict(_ browser: Browser) async throws -> String {
        try await browser.run("document.querySelector('[data-act=verify]').click()")
        try await browser.wait("document.querySelector('.limits')")
        return try await browser.text("document.querySelector('.verdict').textContent")
    }
}

/// Files and resources that tests store.
enum Samples {
    static func weight(_ subject: [String: String], _ date: String, _ kg: Int) -> [String: Any] {
        [
            "status": "final", "subject": subject, "effectiveDateTime": date,
            "category": [["coding": [["code": "vital-signs"]]]],
            "code": [
                "coding": [["system": "http://loinc.org", "code": "29463-7"]],
                "text": "Body weight",
            ],
            "valueQuantity": ["value": kg, "unit": "kg"],
        ]
    }

    /// Two leads, two seconds of 100 samples each, 1 mV at most.
    static var edf: Data {
        func field(_ text: String, _ size: Int) -> String {
            text.padding(toLength: size, withPad: " ", startingAt: 0)
        }
        var head = field("0", 8) + field("X X X X", 80) + field("Startdate X X X X", 80)
        head += field("03.03.24", 8) + field("14.02.00", 8) + field("768", 8) + field("EDF+C", 44)
        head += field("2", 8) + field("1", 8) + field("2", 4)
        for (first, second, size) in [
            ("ECG I", "ECG II", 16), ("", "", 80), ("mV", "mV", 8), ("-2", "-2", 8),
            ("2", "2", 8), ("-32768", "-32768", 8), ("32767", "32767", 8), ("", "", 80),
            ("100", "100", 8), ("", "", 32),
        ] {
            head += field(first, size) + field(second, size)
        }
        var data = Data(head.utf8)
        for sample in 0..<400 {
            let value = Int16(sin(Double(sample % 100) / 100 * 2 * Double.pi) * 16_384)
            withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
        }
        return data
    }

    static var pdf: Data {
        Data(
            """
            %PDF-1.4
            1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
            2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
            3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj
            trailer<</Root 1 0 R>>
            %%EOF
            """.utf8)
    }

    /// One red pixel.
    static var png: Data {
        Data(
            base64Encoded:
                "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVQI12P4z8AAAAMBAQAY3Y2w"
                + "AAAAAElFTkSuQmCC") ?? Data()
    }
}
