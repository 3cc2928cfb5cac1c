import CairnClient
import FHIR
import Foundation
import Identity

/// FHIR resources loaded over HTTP into a server process of their own, as `cairn load` does it.
enum LoadBench {
    /// Resources in one transaction bundle: a patient and observations.
    private static let perBundle = 200
    /// Bundles that are made ahead per second measured.
    private static let bundlesPerSecond = 40

    static func run(seconds: Int, folder: BenchFolder) async throws -> BenchResult {
        let bundles = (0..<seconds * bundlesPerSecond).map(BenchBundle.init)
        let bound = try await validationRate(bundles.prefix(64).map(\.bytes))
        let server = try ServerProcess(data: folder.path + "/data")
        defer { server.stop() }
        let wallet = try server.administrator()
        let measured = try await CairnHTTPClient.with(
            server: try server.address(), credentials: .wallet(wallet)
        ) { client in
            try await measure(bundles, client: client, wallet: wallet, seconds: seconds)
        }
        return BenchResult(
            name: "load", value: Double(measured.resources) / measured.seconds,
            unit: "resources/s", bound: bound, boundName: "parsing and validating, all cores",
            p50Ms: measured.latencies.percentile(0.5), p99Ms: measured.latencies.percentile(0.99),
            fsyncP99Ms: Machine.fsyncP99(folder: folder.path, bytes: 256 * 1024),
            sample: measured.resources, seconds: measured.seconds)
    }

    private struct Measured: Sendable {
        var resources = 0
        var latencies = Latencies()
        var seconds = 0.0
    }

    private static func measure(
        _ bundles: [BenchBundle], client: CairnHTTPClient, wallet: Wallet, seconds: Int
    ) async throws -> Measured {
        let clock = ContinuousClock()
        let start = clock.now
        let deadline = start + .seconds(seconds)
        return try await withThrowingTaskGroup(of: Measured.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    var measured = Measured()
                    for index in stride(from: worker, to: bundles.count, by: 4) {
                        let begun = clock.now
                        if begun > deadline { break }
                        try await post(bundles[index].bytes, client: client, wallet: wallet)
                        measured.latencies.add(clock.now - begun)
                        measured.resources += perBundle
                    }
                    return measured
                }
            }
            var total = Measured()
            for try await part in group {
                total.resources += part.resources
                total.latencies.add(part.latencies)
            }
            total.seconds = (clock.now - start).inSeconds
            return total
        }
    }

    private static func post(
        _ bundle: [UInt8], client: CairnHTTPClient, wallet: Wallet
    ) async throws {
        let document = try JSONDocument(parsing: bundle)
        let reader = try BundleReader(document.root)
        let stamps = StampBuilder(wallet: wallet, channel: "main")
        var headers: [(name: String, value: String)] = [
            ("Content-Type", "application/fhir+json"), ("Prefer", "return=minimal"),
        ]
        if let stamp = try stamps.bundle(reader) { headers.append(("Cairn-Stamp", stamp.header)) }
        _ = try await client.send(
            ClientRequest(
                .post, "/fhir", headers: headers, body: .bytes(bundle, digest: nil)))
    }

    /// Resources a second that parse and validate on all cores, nothing else.
    private static func validationRate(_ bundles: [[UInt8]]) async throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for core in 0..<Machine.cores {
                group.addTask {
                    let validator = ResourceValidator()
                    var count = 0
                    for index in stride(from: core, to: bundles.count, by: Machine.cores) {
                        let document = try JSONDocument(parsing: bundles[index])
                        for entry in try BundleReader(document.root).entries {
                            guard let resource = entry.resource,
                                validator.validate(resource).allSatisfy({ !$0.isError })
                            else { continue }
                            count += 1
                        }
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(count) / (clock.now - start).inSeconds
    }
}

/// A transaction bundle of one patient and observations; the same for the same number.
struct BenchBundle: Sendable {
    let bytes: [UInt8]

    init(_ number: Int) {
        let patient = "urn:uuid:00000000-0000-4000-8000-\(String(100_000_000_000 + number))"
        var entries = [
            """
            {"fullUrl":"\(patient)","resource":{"resourceType":"Patient","identifier":[{"system":\
            "urn:bench","value":"\(number)"}],"name":[{"family":"Bench\(number)","given":["Ada"]}],\
            "gender":"female","birthDate":"19\(50 + number % 50)-03-07"},\
            "request":{"method":"POST","url":"Patient"}}
            """
        ]
        for index in 1..<200 {
            let minute = String(index % 60 + 100).dropFirst()
            entries.append(
                """
                {"resource":{"resourceType":"Observation","status":"final","category":[{"coding":\
                [{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":\
                "vital-signs","display":"Vital signs"}]}],"code":{"coding":[{"system":\
                "http://loinc.org","code":"8867-4","display":"Heart rate"}],"text":"Heart rate"},\
                "subject":{"reference":"\(patient)"},"effectiveDateTime":\
                "2025-04-\(10 + index % 18)T08:\(minute):00+00:00","issued":\
                "2025-04-\(10 + index % 18)T08:\(minute):30.000+00:00","valueQuantity":{"value":\
                \(60 + (index * 7 + number) % 60).\(index % 10),"unit":"/min","system":\
                "http://unitsofmeasure.org","code":"/min"}},\
                "request":{"method":"POST","url":"Observation"}}
                """)
        }
        let text =
            #"{"resourceType":"Bundle","type":"transaction","entry":["#
            + entries.joined(separator: ",") + "]}"
        bytes = Array(text.utf8)
    }
}
