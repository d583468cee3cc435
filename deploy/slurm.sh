#!/usr/bin/env bash
#SBATCH --job-name=radvis
#SBATCH --array=1-16
#SBATCH --cpus-per-task=8
#SBATCH --mem=16G
#SBATCH --time=24:00:00
# A dataset in 16 parts, then one:
#
#   sbatch deploy/slurm.sh parking_lot 30000 /shared/parking_lot --seed 7
#   radvis merge /shared/parking_lot.part-* --out /shared/parking_lot     # when all are done
#
# A part that was stopped or preempted goes on where it was, submitted again by its number:
#
#   sbatch --array=3,7 deploy/slurm.sh parking_lot 30000 /shared/parking_lot --seed 7
#
# Another number of parts: PARTS=64 sbatch --array=1-64 ..., the same PARTS each time. A core holds
# 1.4 GB.
set -euo pipefail
parts=${PARTS:-16}  # not the tasks of this submission, which may be a few of them
scene=$1 n=$2 out=$3
shift 3
exec radvis synth --scene "$scene" --n "$n" \
  --shard "$SLURM_ARRAY_TASK_ID/$parts" \
  --out "$out.part-$SLURM_ARRAY_TASK_ID" --workers "${SLURM_CPUS_PER_TASK:-1}" --json "$@"
