import FHIR
import LedgerCore

/// One piece of work for one worker.
enum LoadWork: Sendable {
    /// A bundle that is sent whole, or a lone resource.
    case file(LoadPlan.File)
    /// A resource out of a bundle or a line, with the hash of its file.
    case entry(LoadPlace, file: Digest, content: [UInt8], sizeBytes: Int)
    case document(LoadPlan.File)
    /// What could not be read; it fails in its place.
    case unreadable(LoadPlace, ClientError, sizeBytes: Int)
}

/// Cuts the files of a phase into pieces of work, one file open at a time.
struct LoadWorkReader {
    private var files: ArraySlice<LoadPlan.File>
    private var lines: LineReader?
    private var entries: ArraySlice<LoadWork> = []

    init(_ files: [LoadPlan.File]) { self.files = files[...] }

    mutating func next() -> LoadWork? {
        while true {
            if let entry = entries.popFirst() { return entry }
            if lines != nil {
                if let line = lines?.next() { return line }
                lines = nil
            }
            guard let file = files.popFirst() else { return nil }
            do throws(ClientError) {
                switch file.kind {
                case .batch, .transaction, .resource: return .file(file)
                case .document: return .document(file)
                case .bundle: entries = try LoadWorkReader.split(file)[...]
                case .lines: lines = try LineReader(file)
                }
            } catch {
                let place = LoadPlace(file.path)
                return .unreadable(place, error, sizeBytes: file.sizeBytes)
            }
        }
    }

    /// The resources of a bundle that is no request.
    private static func split(_ file: LoadPlan.File) throws(ClientError) -> [LoadWork] {
        let bytes = try OpenFile(file.path).readAll(max: JSONLimits.sizeBytesMax)
        let digest = Digest.sha256(bytes)
        let root: JSONView
        do throws(JSONError) {
            root = try JSONDocument(parsing: ByteOrderMark.dropped(bytes)).root
        } catch {
            throw .file(path: file.path, cause: error.description)
        }
        var work = [LoadWork]()
        let entries = root["entry"].map { Array($0.elements) } ?? []
        for (index, entry) in entries.enumerated() {
            guard let resource = entry["resource"] else { continue }
            let place = LoadPlace(file.path, .entry(index))
            let content = Array(resource.rawBytes)
            work.append(
                .entry(place, file: digest, content: content, sizeBytes: content.count))
        }
        return work
    }
}

/// The resources of an NDJSON file: a first pass for the file's hash, then line by line.
struct LineReader {
    private let path: String
    private let digest: Digest
    private let file: OpenFile
    private var buffer: [UInt8] = []
    private var start = 0
    private var number = -1
    private var hasEnded = false

    init(_ file: LoadPlan.File) throws(ClientError) {
        path = file.path
        digest = try FileDigest.of(path: file.path)
        self.file = try OpenFile(file.path)
    }

    mutating func next() -> LoadWork? {
        while true {
            let newline = buffer[start...].firstIndex(of: 0x0a)
            if newline == nil, !hasEnded {
                if let failure = fill() { return failure }
                continue
            }
            guard newline != nil || start < buffer.count else { return nil }
            let end = newline ?? buffer.count
            var line = Array(buffer[start..<end])
            if number < 0 { line = ByteOrderMark.dropped(line) }
            start = newline == nil ? end : end + 1
            number += 1
            guard !line.allSatisfy(JSONPeek.isSpace) else { continue }
            return .entry(
                LoadPlace(path, .line(number)), file: digest, content: line,
                sizeBytes: line.count + 1)
        }
    }

    private mutating func fill() -> LoadWork? {
        do throws(ClientError) {
            let more = try file.read(max: FileChunks.sizeBytes)
            hasEnded = more.isEmpty
            buffer.removeSubrange(..<start)
            start = 0
            buffer += more
            guard buffer.count <= Loader.jsonBytesMax + FileChunks.sizeBytes else {
                throw .file(path: path, cause: "has a line of over 32 MiB")
            }
            return nil
        } catch {
            hasEnded = true
            buffer = []
            start = 0
            return .unreadable(LoadPlace(path, .line(number + 1)), error, sizeBytes: 0)
        }
    }
}
