import ArgumentParser
import FHIR
import FoundationEssentials
import SampleData

/// `cairn sample --out DIR`
struct SampleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample",
        abstract: "Write synthetic patients of two members as files for cairn load.",
        discussion: """
            The same options give the same files, byte for byte, on every machine. DIR gets a \
            folder of transaction bundles for each member, hospital and clinic; people.tsv, who \
            may log in; and sample.json, which tells who is in it. Nobody in them exists.


            """
                + CommandStatus.discussion(
                    examples: """
                          cairn sample --out sample
                          cairn sample --patients 500 --seed 7 --until 2026-03-31 --out sample
                          cairn load sample/hospital
                        """))

    @Option(help: "The folder to write: new, or empty.")
    var out: String

    @Option(help: "How many patients, 1 to 9998. The first 12 have special roles.")
    var patients = 60

    @Option(help: "A number that everything is drawn from.")
    var seed: UInt64 = 1

    @Option(help: "The last day of the records, YYYY-MM-DD.")
    var until = SamplePopulation.untilDefault.text

    @Option(help: "Give the first patient a timeline of at least so many records, up to 100000.")
    var timeline: Int?

    @OptionGroup package var output: OutputOptions

    init() {}

    private static let timelineMax = 100_000
    /// What is written about is younger than the codes it is written with.
    private static let untilYears = "1990-01-01"..."2099-12-31"

    func validate() throws {
        guard (1...SamplePopulation.patientsMax).contains(patients) else {
            throw ValidationError(
                "--patients is a number from 1 to \(SamplePopulation.patientsMax)")
        }
        guard SampleDay(until) != nil, SampleCommand.untilYears.contains(until) else {
            throw ValidationError("--until is a date from 1990 to 2099, written YYYY-MM-DD")
        }
        if let timeline, !(1...SampleCommand.timelineMax).contains(timeline) {
            throw ValidationError("--timeline is a number from 1 to \(SampleCommand.timelineMax)")
        }
        if out.isEmpty { throw ValidationError("--out names a folder") }
    }

    func run() async throws {
        guard let until = SampleDay(until) else { return }
        let population = SamplePopulation(
            seed: seed, patients: patients, until: until, richRecords: timeline)
        var folder = try SampleFolder(out)
        var manifest = SampleManifest(population)
        for member in SampleMember.allCases {
            let upload = population.foundation(of: member)
            manifest.add(upload)
            try folder.write(upload)
        }
        for index in 0..<population.patients {
            try Task.checkCancellation()
            let patient = population.patient(index)
            manifest.add(patient)
            for upload in patient.records.flatMap(\.uploads) { try folder.write(upload) }
        }
        try folder.write(SampleUser.pageBytes(population), to: SampleUser.page)
        // Last: a folder with it is whole.
        try folder.write(manifest.bytes, to: SampleManifest.name)
        tell(folder, resources: manifest.resourceCount)
    }

    private func tell(_ folder: SampleFolder, resources: Int) {
        guard output.json else {
            return Output.line(
                "\(out): \(Counted.text(patients, "patient")), "
                    + "\(Counted.text(resources, "resource")), "
                    + "\(Counted.text(folder.fileCount, "file"))")
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("folder", out)
        for (name, value) in [
            ("patients", patients), ("resources", resources), ("files", folder.fileCount),
            ("bytes", folder.sizeBytes),
        ] {
            writer.key(name)
            writer.integer(value)
        }
        writer.endObject()
        Output.json(writer.bytes)
    }
}

/// The folder that a sample is written to.
private struct SampleFolder {
    private let path: String
    private(set) var fileCount = 0
    private(set) var sizeBytes = 0

    /// Makes it where it is not there yet; one that holds anything is left alone.
    init(_ path: String) throws {
        self.path = path.hasSuffix("/") ? String(path.dropLast()) : path
        let manager = FileManager.default
        var isFolder = false
        if manager.fileExists(atPath: path, isDirectory: &isFolder) {
            guard isFolder else {
                throw CommandFailure.usage(
                    "\(path) is a file", hint: "name a folder that is new or empty")
            }
            guard try SampleFolder.isEmpty(path) else {
                throw CommandFailure.usage(
                    "\(path) is not empty", hint: "name a folder that is new or empty")
            }
        }
        for member in SampleMember.allCases { try make("\(self.path)/\(member.rawValue)") }
    }

    private static func isEmpty(_ path: String) throws -> Bool {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw CommandFailure.usage(
                "\(path) cannot be listed", hint: "check its permissions")
        }
        return names.isEmpty
    }

    private func make(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure.usage(
                "\(folder) cannot be made", hint: "check the folder above it, and its permissions")
        }
    }

    mutating func write(_ upload: SampleUpload) throws {
        try write(upload.bundle, to: "\(upload.member.rawValue)/\(upload.name)")
    }

    mutating func write(_ bytes: [UInt8], to name: String) throws {
        try FileWriting.write(bytes, to: "\(path)/\(name)")
        fileCount += 1
        sizeBytes += bytes.count
    }
}
