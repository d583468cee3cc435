#!/usr/bin/env bash
#SBATCH --job-name=radvis
#SBATCH --array=1-16
#SBATCH --cpus-per-task=8
#SBATCH --mem=16G
#SBATCH --time=24:00:00
# A dataset in as many parts as the array has tasks, then one:
#
#   sbatch deploy/slurm.sh parking_lot 30000 /shared/parking_lot --seed 7
#   radvis merge /shared/parking_lot.part-* --out /shared/parking_lot     # when all are done
#
# A task that was stopped or preempted goes on where it was, submitted again. A core holds 1.4 GB.
set -euo pipefail
scene=$1 n=$2 out=$3
shift 3
exec radvis synth --scene "$scene" --n "$n" \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
  --out "$out.part-$SLURM_ARRAY_TASK_ID" --workers "${SLURM_CPUS_PER_TASK:-1}" --json "$@"
