use strict;
use warnings;

use File::Find qw(find);
use Pod::Checker;
use Test::More;

my @files;
find({ no_chdir => 1, wanted => sub { push @files, $_ if /\.pm$/ || m{script/alien-pod-\w+$} } }, 'blib/lib', 'blib/script');
cmp_ok(scalar @files, '>=', 8, 'modules and scripts');

foreach my $file (sort @files) {
    subtest $file => sub {
        open my $sink, '>', \my $messages or die;
        my $checker = Pod::Checker->new(-warnings => 1);
        $checker->parse_from_file($file, $sink);
        is($checker->num_errors, 0, 'no error in the documentation') or diag($messages);
        is($checker->num_warnings, 0, 'no warning') or diag($messages);
        open my $source, '<', $file or die;
        my $text = do { local $/; <$source> };
        my ($code, $pod) = split /^__END__$/m, $text, 2;
        like($pod, qr/^=head1 $_$/m, "has $_") foreach 'NAME', 'SYNOPSIS';
        return if $file !~ /\.pm$/;
        # What is public has a word on it; constants and the overloaded have not.
        my @undocumented = grep { $_ !~ /^_|^CLONE_SKIP$/ && $pod !~ /^=head2 .*\b$_\b/m } $code =~ /^sub (\w+)/mg;
        is_deeply(\@undocumented, [], 'every public subroutine is documented');
        # AliEn ships perls from 5.8 on.
        unlike($code, qr/^use (?:v?5\.(?:0(?:09|[1-9])|9|[1-9]\d)|feature)|\bsay\b|->[\@%]\*|\/\/=?\s|\.\.\.$/m,
            'nothing newer than Perl 5.8');
    };
}

done_testing;
