#include "server/metrics/metric_catalogue.h"

namespace atomstream {
namespace {

constexpr MetricType kCounter = MetricType::kCounter;
constexpr MetricType kGauge = MetricType::kGauge;
constexpr MetricType kHistogram = MetricType::kHistogram;
constexpr MetricType kInfo = MetricType::kInfo;

constexpr MetricSpec kFrames[] = {
    {"atomstream_frames_received_total", kCounter, "origin",
     "valid frames that arrived, from the `source` or by `analyze`"},
    {"atomstream_frames_invalid_total", kCounter, "reason",
     "refused frames: `size`, `pixels`, `pixel_type`, `pixel_size`, `frame_id`, `frame_number`, "
     "`other`"},
    {"atomstream_frames_processed_total", kCounter, "",
     "frames for which a result was published; each counts once, with its first result"},
    {"atomstream_frames_failed_total", kCounter, "detector",
     "frames on which `log_star` or `unet` failed; their result says so"},
    {"atomstream_frames_dropped_total", kCounter, "place,reason",
     "valid frames without a result. Waiting at `admission` or, if they were for the U-Net alone, "
     "at the `unet`: `overtaken` by a newer live frame while the pipeline was busy; `cancelled`, "
     "the caller went away; `shutdown`. At the `store`: all results `refused`"},
    {"atomstream_submissions_refused_total", kCounter, "", "AnalyzeFrame with a full queue"},
    {"atomstream_results_lost_total", kCounter, "",
     "results that the store refused, so that none was published"},
    {"atomstream_frames_in_flight", kGauge, "", "frames in the pipeline"},
    {"atomstream_queue_depth", kGauge, "queue",
     "what waits: `live` frames, `analyze` submissions, `unet` frames, results in `mailboxes`, "
     "`visits`"},
    {"atomstream_queue_age_seconds", kGauge, "queue",
     "how long the oldest of what waits has waited; 0: nothing waits. Of the queues above, `live`, "
     "`analyze`, `unet`, `mailboxes` (where what a gap stands for counts, too) and `visits`; and "
     "of results for the `store` and frames to be kept, `kept_frames`"},
    {"atomstream_stalled_seconds", kGauge, "part",
     "how long nothing was done though there was work: `pipeline`, `unet`"},
    {"atomstream_frame_decode_seconds", kHistogram, "origin",
     "unpacking and checking a frame of the `source` (a microscope's) or of `analyze`, before its "
     "latency begins; refused frames, too"},
    {"atomstream_stage_latency_seconds", kHistogram, "stage",
     "of LoG* and what surrounds it: `queue`, `normalise`, `lattice`, `preprocess`, "
     "`scale_space`, `optimise`, `detect`, `clusters`, `structure`, `scene`, `process`, `order`, "
     "`drift`, `store`, `publish`, `targets`, `total`"},
};

constexpr MetricSpec kQuality[] = {
    {"atomstream_optimizer_evaluations_total", kCounter, "", "evaluations of the rewards"},
    {"atomstream_optimizer_infeasible_total", kCounter, "",
     "evaluations that exceeded the candidate bound"},
    {"atomstream_hypervolume_ratio", kGauge, "",
     "area dominated by the newest result's Pareto front, reference (1, 1)"},
    {"atomstream_chosen_qc_ratio", kGauge, "",
     "quality count of the newest result's chosen solution"},
    {"atomstream_chosen_er_ratio", kGauge, "", "error of the newest result's chosen solution"},
    {"atomstream_atoms", kGauge, "detector", "atoms in the newest result"},
    {"atomstream_lattice_disagreement_ratio", kGauge, "detector",
     "pixel size measured from the newest result's lattice over the stated one, less 1: positive "
     "means that pixels are larger than stated. NaN: either is unknown"},
    {"atomstream_frames_flagged_total", kCounter, "detector,flag",
     "frames with a remark: `constant_frame`, `no_lattice`, `metadata_disagrees` (by more than "
     "5 %), `no_material`; of the U-Net also `scale_limited`, `lattice_filtered`, `smaller_tiles` "
     "and `fell_back_to_cpu` (a GPU's memory was short); `other`"},
    {"atomstream_f1_ratio", kGauge, "detector",
     "F1 of the newest frame that carried exact positions; NaN before the first"},
};

constexpr MetricSpec kUnet[] = {
    {"atomstream_unet_frames_total", kCounter, "outcome",
     "frames that the U-Net was asked for: `done`; `failed`; `non_finite`, its output was no "
     "number; `skipped_busy`, a live frame that came while it was busy; `cancelled`, `shutdown`, "
     "given up before their turn"},
    {"atomstream_unet_latency_seconds", kHistogram, "stage",
     "`wait` (for the inference thread), `normalise`, `lattice`, `rescale`, `transfer`, "
     "`compute`, `locate`, `inference` (these six together), `clusters`, `structure`, `total` "
     "(from the frame's arrival)"},
    {"atomstream_unet_tiles_total", kCounter, "", "tiles segmented, of one member each"},
    {"atomstream_unet_batch_tiles", kHistogram, "",
     "tiles that a member segmented in one pass; the CPU takes one at a time"},
    {"atomstream_unet_memory_bytes", kGauge, "kind",
     "`weights` of the model that serves; `peak`: the most that tensors of the newest frame took "
     "besides; on a GPU also what libtorch had `allocated` there at most during that frame, and "
     "what it held `reserved`. NaN: not known"},
    {"atomstream_unet_mean_variance", kGauge, "",
     "variance of the ensemble over the newest frame's atoms"},
    {"atomstream_unet_reloads_total", kCounter, "outcome", "changes of the model: `ok`, `refused`"},
    {"atomstream_unet_model_info", kInfo, "id,device,precision",
     "1; which model serves, and where. Absent without a U-Net"},
};

constexpr MetricSpec kStructure[] = {
    {"atomstream_clusters", kGauge, "detector", "clusters of atoms in the newest result"},
    {"atomstream_explained_variance_ratio", kGauge, "detector",
     "share of the variance of atoms' surroundings that the newest result's principal components "
     "explain together"},
    {"atomstream_sites", kGauge, "detector,kind",
     "atoms of the newest result by kind of site: `bulk`, `dopant`, `vacancy`, "
     "`vacancy_neighbour`, `hole_edge`, `odd_ring`, `unknown`"},
    {"atomstream_cluster_fits_total", kCounter, "detector,reason",
     "fits of the model of live frames: `first`, `options`, `likelihood`, `residual` "
     "([clusters.md](clusters.md))"},
    {"atomstream_structure_failed_total", kCounter, "detector,part",
     "frames whose `clusters` or `structure` (site kinds) could not be computed; their atoms are "
     "there all the same"},
};

constexpr MetricSpec kStore[] = {
    {"atomstream_store_results", kGauge, "", "results that `history.path` keeps"},
    {"atomstream_store_bytes", kGauge, "", "what they take; the file is somewhat larger"},
    {"atomstream_store_commit_seconds", kHistogram, "",
     "one commit to disk, which publishing waits for"},
    {"atomstream_store_recording", kGauge, "", "1; 0 while results cannot be written"},
    {"atomstream_store_commits_failed_total", kCounter, "", "attempts to write that failed"},
    {"atomstream_store_results_waiting", kGauge, "",
     "published results that wait in memory to be written"},
    {"atomstream_store_results_lost_total", kCounter, "",
     "published results that will never be in the history; their numbers alone are kept"},
    {"atomstream_store_disk_free_bytes", kGauge, "",
     "free space where the store lies; NaN: not known"},
    {"atomstream_store_damaged_total", kCounter, "",
     "stores that were found damaged at the start and moved aside"},
    {"atomstream_store_maintenance_failed_total", kCounter, "",
     "attempts to delete or tidy up that failed"},
    {"atomstream_store_mark_failed_total", kCounter, "",
     "notes of how far the store is that failed: a loss of so many results would not be seen"},
    {"atomstream_store_kept_frames", kGauge, "", "frames whose pixels are on disk"},
    {"atomstream_store_kept_frame_bytes", kGauge, "", "what they take"},
    {"atomstream_frames_kept_total", kCounter, "",
     "frames whose pixels were written to disk, or were there already"},
    {"atomstream_frames_not_kept_total", kCounter, "reason",
     "frames that should have been: `busy`, the disk did not keep up; `unused`, no result could "
     "name it; `failed`, it could not be written, see the log; `shutdown`; `switched_off`, a "
     "reload ended the keeping while it waited"},
    {"atomstream_frames_waiting_to_be_kept", kGauge, "", "frames that wait to be written"},
    {"atomstream_frame_keep_seconds", kHistogram, "",
     "from a frame's admission until it is on disk"},
    {"atomstream_kept_frame_reads_total", kCounter, "outcome",
     "frames looked for on disk: `ok`, `missing`, `damaged`, `failed`"},
};

constexpr MetricSpec kDelivery[] = {
    {"atomstream_subscribers", kGauge, "policy", "subscribers with `latest`, `queue`, `lossless`"},
    {"atomstream_subscriber_backlog_results", kGauge, "policy",
     "how many results the one furthest behind has yet to get"},
    {"atomstream_delivery_wait_seconds", kHistogram, "policy",
     "from a result's publication until its subscriber's stream takes it; without those that it "
     "reads from the store"},
    {"atomstream_results_delivered_total", kCounter, "policy",
     "results given to subscribers; each counts once a subscriber"},
    {"atomstream_results_dropped_total", kCounter, "place",
     "`mailbox`: a subscriber was too slow; it was told by a gap"},
    {"atomstream_gaps_total", kCounter, "policy", "gaps declared to subscribers"},
    {"atomstream_gap_results_total", kCounter, "policy",
     "results in these; each counts once a subscriber"},
    {"atomstream_subscriptions_resumed_total", kCounter, "",
     "subscriptions that went on behind a result"},
    {"atomstream_replay_reads_total", kCounter, "outcome",
     "reads from the store for subscribers that were behind: `ok`, `failed`"},
    {"atomstream_heartbeats_total", kCounter, "", "heartbeats of quiet streams"},
};

constexpr MetricSpec kTargets[] = {
    {"atomstream_drift_frames_total", kCounter, "state",
     "live frames by how sure the drift into them is: `measured`, `ambiguous`, `lost`"},
    {"atomstream_drift_quality_ratio", kGauge, "", "of the drift into the newest frame, 0 to 1"},
    {"atomstream_drift_step_px", kGauge, "",
     "length of the drift into the newest frame; NaN: not measured"},
    {"atomstream_drift_step_meters", kGauge, "",
     "the same; NaN also where the pixel size is unknown"},
    {"atomstream_identities_lost_total", kCounter, "",
     "how often all ids of followed sites ended ([targets.md](targets.md))"},
    {"atomstream_frames_passed_over_total", kCounter, "",
     "live results in which nothing could be followed, e.g. without a lattice"},
    {"atomstream_sites_followed", kGauge, "", "sites with an id"},
    {"atomstream_selections", kGauge, "", "selections of targets"},
    {"atomstream_targets", kGauge, "", "their targets together"},
    {"atomstream_targets_withdrawn_total", kCounter, "reason",
     "`vanished`, `moved`, `no_longer_meets`, `left_frame`, `drift_unknown`, `view_changed`, "
     "`epoch_changed`"},
    {"atomstream_watch_frames_skipped_total", kCounter, "",
     "frames merged into a later one because a watcher was slow"},
    {"atomstream_visits_total", kCounter, "outcome",
     "accepted visits: `completed`, `failed`, `abandoned`, `expired`, `cancelled`, `withdrawn`, "
     "`epoch_changed`, `shutdown`"},
    {"atomstream_visits_refused_total", kCounter, "",
     "visits refused before the site was reserved"},
    {"atomstream_dose_seconds", kGauge, "", "beam on targets since the start"},
    {"atomstream_dose_reserved_seconds", kGauge, "", "what live visits may still take"},
    {"atomstream_beam_blanks_total", kCounter, "", "blankings by the daemon"},
    {"atomstream_beam_blank_failures_total", kCounter, "", "attempts to blank that failed"},
    {"atomstream_beam_blank_failing", kGauge, "",
     "1: the beam could not be blanked and may be on; no visits are accepted"},
};

constexpr MetricSpec kSettings[] = {
    {"atomstream_settings_version", kGauge, "", "version of the settings; 1 until somebody steers"},
    {"atomstream_reevaluations_total", kCounter, "outcome",
     "newest live frames decided anew after a change of settings: `done`; `overtaken`, a newer "
     "frame was published first; `failed`"},
    {"atomstream_reevaluation_seconds", kHistogram, "",
     "from a change of settings until the frame's new result is published"},
    {"atomstream_audit_lines_total", kCounter, "outcome",
     "lines of the audit log: `written`, `failed`"},
    {"atomstream_configuration_reloads_total", kCounter, "outcome",
     "readings of the configuration: `ok`, `refused`"},
    {"atomstream_configuration_restart_fields", kGauge, "",
     "fields that changed in the file and wait for a restart"},
};

constexpr MetricSpec kSource[] = {
    {"atomstream_source_state", kGauge, "state",
     "1 for the present one of `none`, `connecting`, `streaming`, `finished`"},
    {"atomstream_source_reconnects_total", kCounter, "reason",
     "how often the source was lost and tried again: `unreachable`, nobody answered; `broken`, the "
     "stream broke off; `ended`, the microscope ended it; `refused`, it does not accept our "
     "certificate or rights; `invalid`, it does not accept the scan that is configured; `other`"},
};

constexpr MetricSpec kCalls[] = {
    {"atomstream_calls_total", kCounter, "method,code",
     "calls that ended, those refused among them; `code` is gRPC's. A series appears with its "
     "first call",
     /*hide_unused=*/true},
    {"atomstream_calls_open", kGauge, "method", "calls and streams that run"},
    {"atomstream_call_seconds", kHistogram, "method",
     "from a request's arrival until its answer is out; streams have none. A series appears with "
     "its first call",
     /*hide_unused=*/true},
    {"atomstream_calls_refused_total", kCounter, "reason",
     "calls refused before they began: `credentials_missing`, `token_invalid`, `token_expired`, "
     "`role_missing`, `role_insufficient`, `method_unknown`, `request_too_large`, "
     "`rate_limited`, `too_many_streams`, `other` ([security.md](security.md))"},
    {"atomstream_security_reloads_total", kCounter, "outcome",
     "readings of the policy and the tokens: `ok`, `refused`"},
    {"atomstream_certificate_not_after_seconds", kGauge, "certificate",
     "when a certificate file is of no use any more, since the epoch: `server` and "
     "`microscope_client`, the end of the first certificate in it; `client_ca` and "
     "`microscope_ca`, the end of the last CA to end; NaN: not configured"},
    {"atomstream_certificate_readings_total", kCounter, "group,outcome",
     "looks at the certificate files of the `server` and of the link to the `microscope`: `ok`; "
     "`refused`, the ones before count on"},
    {"atomstream_trace_parents_malformed_total", kCounter, "",
     "calls whose `traceparent` was ignored"},
};

constexpr MetricSpec kDaemon[] = {
    {"atomstream_ready", kGauge, "", "1: new work may come here; 0: wedged, or shutting down"},
    {"atomstream_component_serving", kGauge, "component",
     "1: `source`, `pipeline`, `detector`, `store`, `listener` does its work. As gRPC health and "
     "GetStatus tell"},
    {"atomstream_log_lines_dropped_total", kCounter, "reason",
     "lines of the log that were not written: `full`, nobody took them, or the disk was full; "
     "`repeated`, too many of a kind"},
    {"atomstream_spans_total", kCounter, "", "spans written"},
    {"atomstream_spans_dropped_results_total", kCounter, "", "results whose spans were not"},
    {"atomstream_build_info", kGauge, "version", "always 1"},
};

constexpr MetricSpec kProcess[] = {
    {"process_cpu_seconds_total", kCounter, "", "time on cores, user and system together"},
    {"process_start_time_seconds", kGauge, "", "when the daemon started, since the epoch"},
    {"process_virtual_memory_bytes", kGauge, "", "virtual memory"},
    {"process_resident_memory_bytes", kGauge, "", "resident memory"},
    {"process_threads", kGauge, "", "threads"},
    {"process_open_fds", kGauge, "", "files and connections that are open"},
    {"process_max_fds", kGauge, "", "files and connections that may be open"},
};

constexpr MetricGroup kGroups[] = {
    {"Frames and stages", kFrames},
    {"Quality", kQuality},
    {"The U-Net", kUnet},
    {"Clusters and kinds of site", kStructure},
    {"The store and kept frames", kStore},
    {"Subscribers", kDelivery},
    {"Drift, targets and the beam", kTargets},
    {"The source", kSource},
    {"Calls", kCalls},
    {"Settings and configuration", kSettings},
    {"The daemon", kDaemon},
    {"The process", kProcess},
};

}  // namespace

MetricCatalogue DaemonCatalogue() { return kGroups; }

}  // namespace atomstream
