/// A way to look at the state: a pure function to a canvas.
public protocol ExplorerView: Sendable {
  /// The name that commands use, such as `atlas`.
  static var name: String { get }
  /// A heading for people.
  static var title: String { get }

  /// Draws the state into a region of the canvas.
  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region)

  /// What the status line says: the exact numbers behind the colours under the cursor.
  static func status(_ drawing: Drawing) -> String

  /// The same for `--plain`, where nothing else is seen: what the cursor is on, in words that make sense alone.
  static func spoken(_ drawing: Drawing) -> String

  /// What a click at a place of the region does; nil where nothing is.
  static func action(atX x: Int, y: Int, in region: Region, of state: ExplorerState) -> Action?

  /// The numbers it shows; nil when it has none of its own.
  static func data(_ state: ExplorerState) -> ViewData?

  /// How a motion changes the state.
  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region)

  /// What it wants to know beyond the maps and scores of the run.
  static func questions(_ state: ExplorerState) -> [Question]

  /// What it shows, in one line without a full stop.
  static var help: String { get }
}

extension ExplorerView {
  static func questions(_ state: ExplorerState) -> [Question] { [] }
  static func spoken(_ drawing: Drawing) -> String { status(drawing) }
  static func action(
    atX x: Int, y: Int, in region: Region, of state: ExplorerState
  ) -> Action? { nil }
}

extension ExplorerView {
  /// None.
  public static func data(_ state: ExplorerState) -> ViewData? { nil }
}

/// Every view heed knows.
public enum ExplorerViews {
  /// Alphabetical; a test reads `Views/` and names a file that is missing here.
  public static let all: [any ExplorerView.Type] = [
    AtlasView.self,
    CompareView.self,
    GenerateView.self,
    HeadsView.self,
    HelpView.self,
    ImageView.self,
    LayersView.self,
    MapView.self,
    ModelView.self,
    NeuronView.self,
    PredictView.self,
    PruneView.self,
    RulesView.self,
    ScoresView.self,
    SinksView.self,
    TokensView.self,
  ]

  /// The name of the view that is seen first.
  public static let initial = "atlas"

  /// The views that Tab goes through: from all heads to one head to one query.
  ///
  /// The last one is what the keys are best seen as: a text, or an image.
  static func tabs(_ state: ExplorerState) -> [any ExplorerView.Type] {
    [AtlasView.self, MapView.self, state.seesImage ? ImageView.self : TokensView.self]
  }

  /// The view of a name; the atlas for an unknown one.
  static func named(_ name: String) -> any ExplorerView.Type {
    all.first { $0.name == name } ?? AtlasView.self
  }
}
