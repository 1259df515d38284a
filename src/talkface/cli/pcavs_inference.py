"""The flags of PC-AVS's inference.py (base and test options, demo_vox.sh) as overrides of configs/pipeline/pcavs.yaml.

Most say what its weights already say, or what its training did, and are ignored.
"""

from collections.abc import Sequence
from pathlib import Path

from talkface.cli.flags import SWITCH, Flag, FlagTable, Given
from talkface.cli.quoting import quote
from talkface.cli.wav2lip import elsewhere, number
from talkface.paths import is_folder

_NAME, _FOLDER, _CSV, _RESULTS = "demo", "./checkpoints", "./misc/demo.csv", "./results/"

_VALUES = """filename_tmpl data_path lrw_data_path num_classes model trainer norm_G norm_D norm_E norm_A phase
    preprocess_mode crop_size crop_len target_crop_len clip_len pose_dim frame_interval num_clips feature_encoded_dim
    aspect_ratio output_nc audio_nc frame_rate num_frames_per_clip hop_size generate_interval dataset_mode nThreads
    n_mel_T num_bins_per_frame max_dataset_size use_audio use_audio_id display_winsize netG netA netA_sync netV netE
    netD D_input driven_type landmark_type ngf init_type feature_fusion init_variance nef style_dim
    VGGFace_pretrain_path lambda_feat lambda_image lambda_vgg lambda_vggface lambda_rotate_D lambda_D lambda_softmax
    lambda_crossmodal lambda_contrastive ndf gan_mode optimizer beta1 beta2 lr heatmap_size input_path list_num
    fitting_iterations which_epoch how_many start_ind list_start list_end save_path mode"""
_SWITCHES = """dis_feat_rec train_recognition train_sync train_word train_dis_pose generate_from_audio_only noise_pose
    style_feature_loss landmark_align serial_batches no_flip load_from_opt_file augment_target verbose no_instance
    input_id_feature load_landmark vgg_face no_ganFeat_loss no_vgg_loss no_id_loss word_loss no_spectrogram no_TTUR
    no_gaussian_landmark label_mask positional_encode use_transformer has_mask multi_gpu defined_driven gen_video
    onnx"""


def _run(given: Given) -> list[str]:
    """What the original's defaults say where its flags do not."""
    if not any(name in given for name in PCAVS_INFERENCE_FLAGS.flags):
        return []
    csv, results = given.get("--meta_path_vox", [_CSV])[0], given.get("--results_dir", [_RESULTS])[0]
    fixed = [] if "--driving_pose" in given else ["pose=none"]
    pipeline = [] if "pipeline" in given else ["pipeline=pcavs"]
    chosen = [f"csv={quote(csv)}", f"output={quote(results)}", "layout=original", "convention=pcavs"]
    return [*pipeline, *chosen, *fixed, *_networks(given)]


def _networks(given: Given) -> list[str]:
    """The folder of the weights, which must be there if it is named; without one of the demo ours serve."""
    folder = Path(given.get("--checkpoints_dir", [_FOLDER])[0]) / given.get("--name", [_NAME])[0]
    named = "--checkpoints_dir" in given or given.get("--name", [_NAME])[0] != _NAME
    return [f"checkpoint={quote(str(folder))}"] if named or is_folder(folder) else []


def _device(_: str, values: Sequence[str]) -> list[str]:
    """`-1` is the CPU; cards are chosen by `device=`."""
    return ["device=cpu"] if values[0].startswith("-1") else []


PCAVS_INFERENCE_FLAGS = FlagTable(
    {
        "--name": Flag(elsewhere),
        "--checkpoints_dir": Flag(elsewhere),
        "--meta_path_vox": Flag(elsewhere),
        "--results_dir": Flag(elsewhere),
        "--driving_pose": Flag(elsewhere, least=0, most=0),
        "--gpu_ids": Flag(_device),
        "--batchSize": Flag(number("batch_size", whole=True)),
        "--num_inputs": Flag(number("identity_frames", whole=True)),
        **{f"--{name}": Flag() for name in _VALUES.split()},
        **{f"--{name}": SWITCH for name in _SWITCHES.split()},
    },
    (_run,),
)
