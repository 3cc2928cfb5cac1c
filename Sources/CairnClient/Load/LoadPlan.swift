import FoundationEssentials

/// Which files a load sends, in which order. It holds names and sizes, never content.
package struct LoadPlan: Sendable {
    /// What may be sent at the same time. The phases follow one another, for what comes later
    /// refers to what came before.
    package enum Phase: Int, Sendable, CaseIterable {
        /// Batches about hospitals and practitioners, one after the other in order of name.
        case information
        case batches, transactions, resources, documents
    }

    package struct File: Hashable, Sendable {
        package let path: String
        package let kind: FileKind
        package let sizeBytes: Int
    }

    /// A file that could not be looked at.
    package struct Unreadable: Sendable {
        package let path: String
        package let error: ClientError
    }

    package private(set) var phases: [Phase: [File]] = [:]
    package private(set) var unreadable: [Unreadable] = []
    package private(set) var sizeBytes = 0

    package var fileCount: Int { phases.values.reduce(0) { $0 + $1.count } }

    /// Looks at files and folders, these with all that is in them. Names that begin with a dot are
    /// passed over inside folders, and folders are not followed through symbolic links.
    package init(paths: [String]) {
        for path in paths { add(path, isNamed: true) }
        for phase in Phase.allCases {
            phases[phase]?.sort { LoadPlan.precedes($0, $1) }
        }
    }

    private mutating func add(_ path: String, isNamed: Bool) {
        let manager = FileManager.default
        var isFolder = false
        guard manager.fileExists(atPath: path, isDirectory: &isFolder) else {
            unreadable.append(
                Unreadable(path: path, error: .file(path: path, cause: "does not exist")))
            return
        }
        guard isFolder else { return addFile(path) }
        if !isNamed, (try? manager.destinationOfSymbolicLink(atPath: path)) != nil { return }
        guard let names = try? manager.contentsOfDirectory(atPath: path) else {
            unreadable.append(
                Unreadable(path: path, error: .file(path: path, cause: "cannot be listed")))
            return
        }
        let folder = path.hasSuffix("/") ? path : path + "/"
        for name in names.sorted() where !name.hasPrefix(".") {
            add(folder + name, isNamed: false)
        }
    }

    private mutating func addFile(_ path: String) {
        do throws(ClientError) {
            let size = try OpenFile(path).sizeBytes
            let file = File(path: path, kind: try FileKind.of(path: path), sizeBytes: size)
            phases[LoadPlan.phase(of: file), default: []].append(file)
            sizeBytes += size
        } catch {
            unreadable.append(Unreadable(path: path, error: error))
        }
    }

    private static func phase(of file: File) -> Phase {
        switch file.kind {
        case .batch: rank(file) < 2 ? .information : .batches
        case .transaction: .transactions
        case .bundle, .resource, .lines: .resources
        case .document: .documents
        }
    }

    /// Hospitals before practitioners, who work there, before everything else.
    private static func rank(_ file: File) -> Int {
        let name = LoadPlan.name(file.path).lowercased()
        if name.contains("hospital") { return 0 }
        return name.contains("practitioner") ? 1 : 2
    }

    private static func precedes(_ left: File, _ right: File) -> Bool {
        (rank(left), name(left.path), left.path) < (rank(right), name(right.path), right.path)
    }

    /// The last part of a path.
    package static func name(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
